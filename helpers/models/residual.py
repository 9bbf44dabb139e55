"""Plain and residual networks of any depth, with and without batch normalization."""

from collections import OrderedDict

from torch import nn

from .parts import seeded


class BasicBlock(nn.Module):
    """relu(F(x) + x), F two 3×3 convolutions: (N, in, H, W) -> (N, out, H/stride, W/stride).

    Where in_channels ≠ out_channels or stride > 1 the skip is a 1×1 convolution, `downsample`.
    skip=False leaves it out: relu(F(x)), the plain block. norm=False: convolutions with a bias
    instead of batch normalization. With skip and norm it is torchvision's BasicBlock, module for
    module. (He, Zhang, Ren and Sun, *Deep residual learning for image recognition*, 2015,
    arXiv:1512.03385, sections 3.2 and 3.3.)
    """

    def __init__(self, in_channels, out_channels, stride=1, skip=True, norm=True):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=not norm)
        self.bn1 = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=not norm)
        self.bn2 = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.skip, self.downsample = skip, None
        if skip and (stride != 1 or in_channels != out_channels):
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=not norm),
                nn.BatchNorm2d(out_channels) if norm else nn.Identity(),
            )

    def forward(self, x):
        """relu(F(x) + x), or relu(F(x)) without the skip."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.skip:
            y = y + (x if self.downsample is None else self.downsample(x))
        return self.relu(y)


class ResidualNet(nn.Sequential):
    """A residual network for 8×8 digits, or a plain one: (N, 1, 8, 8) -> (N, 10) scores.

    depth: layers with weights from input to output, 6n + 2: one convolution, n blocks of two in
    each of three stages (8×8, 4×4, 2×2 pixels), and a dense layer; 8, 14, 20, …, 56.
    skip=False: the plain network of the same depth, width and initial weights. norm=False: without
    batch normalization. channels: the width of the stages. The convolutions start as He et al.
    2015 draw them, as in torchvision. The same `seed` gives the same initial weights, with and
    without skips: only the projections are extra, and drawn last.

    It is the design for CIFAR-10 in He et al. 2015 (arXiv:1512.03385, section 4.2), half as wide
    and for smaller images, with 1×1 convolutions where a skip changes shape. Raises ValueError for
    other depths, and for more or fewer than three widths.
    """

    def __init__(self, depth=20, skip=True, norm=True, channels=(8, 16, 32), seed=0):
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            near = max(8, 6 * round((depth - 2) / 6) + 2)
            raise ValueError(
                f"ResidualNet: depth={depth!r} is not 6n + 2, one convolution, 3 stages of n "
                f"blocks with 2 convolutions, and a dense layer. Use 8, 14, 20, …; next to it is "
                f"{near}."
            )
        if len(channels) != 3:
            raise ValueError(
                f"ResidualNet: channels={channels!r} are {len(channels)} widths, but there are 3 "
                f"stages. Use (8, 16, 32)."
            )
        first, _, last = channels
        with seeded(seed):
            parts = OrderedDict(
                conv1=nn.Conv2d(1, first, 3, padding=1, bias=not norm),
                bn1=nn.BatchNorm2d(first) if norm else nn.Identity(),
                relu=nn.ReLU(),
            )
            for n, (before, width) in enumerate(zip((first, *channels), channels)):
                sizes = [(before, width, 1 if n == 0 else 2), *[(width, width, 1)] * (blocks - 1)]
                stage = nn.Sequential(*[BasicBlock(*size, skip, norm) for size in sizes])
                parts[f"layer{n + 1}"] = stage
            parts |= {"avgpool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten()}
            super().__init__(parts | {"fc": nn.Linear(last, 10)})
        with seeded(seed):
            self._draw_weights()

    def _draw_weights(self):
        """He's initial weights; the skips' last, so that a plain network gets all the others, too."""
        layers = [(n, m) for n, m in self.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        for _, layer in sorted(layers, key=lambda named: "downsample" in named[0]):
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
                continue
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)

    @property
    def depth(self):
        """Layers with weights from input to output; a skip's projection does not lie on that way."""
        return 2 + 2 * len(self.blocks)

    @property
    def blocks(self):
        """The blocks by name, first to last: {"layer1.0": BasicBlock, …}."""
        return {n: m for n, m in self.named_modules() if isinstance(m, BasicBlock)}
