"""Random settings of U-Nets, with sizes that fit and with some that do not."""

from helpers.shapes import unet_sizes


def draw_unet(rng, fitting=0.75):
    """Settings as UNetExplorer has them, small enough to be run; input_size (height, width)."""
    depth, padding = int(rng.integers(1, 4)), str(rng.choice(["same", "valid"]))
    up = str(rng.choice(["conv", "resize"]))
    mode = "zeros"
    if padding == "same":
        modes = [str(rng.choice(["zeros", "circular", "replicate"])) for _ in range(2)]
        mode = modes if modes[0] != modes[1] else modes[0]
    size = [int(n) for n in rng.integers(1, 40 if padding == "same" else 120, 2)]
    if rng.random() < fitting:
        size = [next_fitting(side, depth, padding, up) for side in size]
    return {
        "in_channels": int(rng.integers(1, 4)), "out_channels": int(rng.integers(1, 4)), "depth": depth,
        "width": int(rng.integers(1, 5)), "skip": bool(rng.random() < 0.7), "padding": padding, "padding_mode": mode,
        "up": up, "norm": bool(rng.integers(2)), "input_size": size,
    }  # fmt: skip


def next_fitting(side, depth, padding, up):
    """The next size from `side` on that unet_sizes takes."""
    while True:
        try:
            unet_sizes(side, depth, padding, up)
            return side
        except ValueError:
            side += 1


def model_of(settings):
    """The UNet with these settings, which PyTorch makes."""
    from helpers.models import UNet

    mode = settings["padding_mode"]
    how = {name: value for name, value in settings.items() if name != "input_size"}
    return UNet(**how | {"padding_mode": mode if isinstance(mode, str) else tuple(mode)}).eval()
