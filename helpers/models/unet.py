"""A U-Net of any depth: encoder, decoder, and skips that hand fine maps across."""

import torch
from torch import nn

from helpers.shapes import unet_sizes

from .parts import seeded

PADS = {
    "zeros": nn.ZeroPad2d,
    "circular": nn.CircularPad2d,
    "reflect": nn.ReflectionPad2d,
    "replicate": nn.ReplicationPad2d,
}


class UNet(nn.Module):
    """Image in, image out: (N, in_channels, H, W) -> (N, out_channels, H′, W′).

    depth: how often the encoder halves the map. width: channels at full size, doubled with each
    halving. skip: whether the decoder gets the encoder's maps of its size beside its own
    (concatenated, `torch.cat`). padding: "same" keeps the size, H′ = H; "valid" pads nowhere, and
    the skips are cropped: 572 -> 388 at depth 4. padding_mode: what stands beyond the edge, "zeros",
    "circular", "reflect" or "replicate", or two of them for (height, width):
    ("replicate", "circular") repeats the first and last latitude and closes the circle of
    longitudes. up: "conv" doubles a map with a transposed convolution of 2×2, stride 2; "resize"
    repeats each pixel and convolves with 3×3 (Odena, Dumoulin and Olah 2016). norm: with batch
    normalization, and without a bias before it.

    Every level has two 3×3 convolutions, each followed by a ReLU; the last layer is 1×1. With
    in_channels 1, out_channels 2 and "valid" it is the network of Ronneberger, Fischer and Brox,
    *U-Net: Convolutional networks for biomedical image segmentation*, 2015, arXiv:1505.04597, with
    31,030,658 parameters. The convolutions start as He et al. 2015 draw them, from `seed`.

    A size that cannot be halved so often raises ValueError, with the next sizes that can.
    any_size=True pads such an input at its end, in the same padding modes, and cuts the output
    there: (N, in_channels, 721, 1440) -> (N, out_channels, 721, 1440). Only with padding "same". A
    circular width that does not divide keeps a seam, since the padded map is closed, not the globe.
    """

    def __init__(
        self, in_channels=1, out_channels=1, depth=4, width=64, *, skip=True, padding="same",
        padding_mode="zeros", up="conv", norm=False, any_size=False, seed=0,
    ):  # fmt: skip
        super().__init__()
        modes = modes_of(padding_mode)
        _check(depth, padding, padding_mode, modes, up, any_size)
        self.depth, self.skip, self.padding, self.padding_mode = depth, skip, padding, modes
        self.upsampling, self.any_size = up, any_size
        how = {"modes": None if padding == "valid" else modes, "norm": norm}
        widths = [width * 2**level for level in range(depth + 1)]
        with seeded(seed):
            self.encoder = nn.ModuleList(
                two_convolutions(a, b, **how) for a, b in zip([in_channels, *widths], widths[:-1])
            )
            self.pool = nn.MaxPool2d(2)
            self.bottom = two_convolutions(([in_channels] + widths)[depth], widths[-1], **how)
            self.up = nn.ModuleList(
                upsampling(up, b, a, how["modes"]) for a, b in reversed([*zip(widths, widths[1:])])
            )
            self.decoder = nn.ModuleList(
                two_convolutions(2 * a if skip else a, a, **how) for a in widths[-2::-1]
            )
            self.last = nn.Conv2d(width, out_channels, 1)
            for layer in self.modules():
                if isinstance(layer, nn.Conv2d) and layer is not self.last:
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                    if layer.bias is not None:
                        nn.init.zeros_(layer.bias)

    def forward(self, x):
        """Down, keeping the maps; up, with those beside what comes from below."""
        size = x.shape[-2:]
        x = self._prepared(x)
        kept = []
        for convolutions in self.encoder:
            x = convolutions(x)
            kept.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for up, convolutions in zip(self.up, self.decoder):
            x, beside = up(x), kept.pop()
            if self.skip:
                x = torch.cat([cropped(beside, x.shape[-2:]), x], dim=1)
            x = convolutions(x)
        x = self.last(x)
        return x[..., : size[0], : size[1]] if self.any_size else x

    def _prepared(self, x):
        """The input, padded to a size that can be halved if any_size; an error for another one."""
        if self.any_size:
            rows, columns = (-size % 2**self.depth for size in x.shape[-2:])
            for mode, amounts in zip(self.padding_mode, [(0, 0, 0, rows), (0, columns, 0, 0)]):
                if any(amounts):
                    x = PADS[mode](amounts)(x)
            return x
        unet_sizes(tuple(x.shape[-2:]), self.depth, self.padding, self.upsampling)
        return x


def modes_of(padding_mode):
    """(height, width), from one word for both or from two."""
    return (padding_mode,) * 2 if isinstance(padding_mode, str) else tuple(padding_mode)


def two_convolutions(in_channels, out_channels, modes, norm):
    """3×3 and ReLU, twice; modes: what stands beyond the edge, (height, width), or None: no padding."""
    layers = []
    for channels in (in_channels, out_channels):
        layers += [*padded_convolution(channels, out_channels, modes, bias=not norm)]
        layers += [nn.BatchNorm2d(out_channels)] * norm + [nn.ReLU()]
    return nn.Sequential(*layers)


def padded_convolution(in_channels, out_channels, modes, bias=True, kernel_size=3):
    """A convolution, and before it what pads by modes that differ for height and width."""
    sizes, p = (in_channels, out_channels, kernel_size), kernel_size // 2
    if modes is None:
        return [nn.Conv2d(*sizes, bias=bias)]
    if modes[0] == modes[1]:
        return [nn.Conv2d(*sizes, padding=p, padding_mode=modes[0], bias=bias)]
    pads = PADS[modes[0]]((0, 0, p, p)), PADS[modes[1]]((p, p, 0, 0))
    return [*pads, nn.Conv2d(*sizes, bias=bias)]


def upsampling(up, in_channels, out_channels, modes):
    """Twice the size, half the channels: one of the two ways."""
    if up == "conv":
        return nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
    repeat = nn.Upsample(scale_factor=2, mode="nearest")
    return nn.Sequential(repeat, *padded_convolution(in_channels, out_channels, modes))


def cropped(x, size):
    """The middle of a map (N, C, H, W), as large as `size`."""
    top, left = [(a - b) // 2 for a, b in zip(x.shape[-2:], size)]
    return x[..., top : top + size[0], left : left + size[1]]


def _check(depth, padding, padding_mode, modes, up, any_size):
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        raise ValueError(f"UNet: depth={depth!r}. Use a whole number from 1 on; the original has 4.")
    if padding not in ("same", "valid") or up not in ("conv", "resize"):
        raise ValueError(
            f'UNet: padding={padding!r} and up={up!r}. Use "same" or "valid" for padding, and '
            f'"conv" or "resize" for up.'
        )
    if len(modes) != 2 or not set(modes) <= set(PADS):
        raise ValueError(
            f"UNet: padding_mode={padding_mode!r}. Use one of {', '.join(map(repr, PADS))}, or two of "
            f'them for (height, width), such as ("replicate", "circular").'
        )
    if padding == "valid" and (any_size or set(modes) != {"zeros"}):
        raise ValueError(
            'UNet: padding="valid" pads nowhere, so it has no padding_mode and takes no any_size. '
            'Leave them out, or use padding="same".'
        )
