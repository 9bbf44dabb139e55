"""Random settings of residual blocks that fit each other."""

import math


def draw_block(rng):
    """Settings as ResidualExplorer has them, its input_size (height, width)."""
    block = str(rng.choice(["basic", "bottleneck"]))
    channels = [4, 8, 12] if block == "bottleneck" else [1, 3, 6, 8]
    out_channels, stride = int(rng.choice(channels)), int(rng.choice([1, 1, 2]))
    in_channels = int(rng.choice([out_channels, *channels]))
    skips = ["projection", "none"] + ["identity"] * 2 * (stride == 1 and in_channels == out_channels)
    return {
        "block": block, "skip": str(rng.choice(skips)), "norm": bool(rng.integers(2)),
        "activation": bool(rng.random() < 0.8), "order": str(rng.choice(["original", "pre-activation"])),
        "in_channels": in_channels, "out_channels": out_channels, "stride": stride,
        "input_size": [int(rng.integers(3, 12)), int(rng.integers(3, 12))],
    }  # fmt: skip


def draw_signal(rng):
    """(settings, x, pinned) of a small block: its input from 3 × 3 to 6 × 6, an output cell or None."""
    settings = draw_block(rng)
    height, width = (int(n) for n in rng.integers(3, 7, 2))
    x = rng.integers(-3, 5, (height, width)).astype(float)
    sizes = [math.ceil(n / settings["stride"]) for n in (height, width)]
    cell = [int(rng.integers(n)) for n in sizes]
    return settings, x, cell if rng.random() < 0.8 else None
