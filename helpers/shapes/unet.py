"""Sizes of the maps in a U-Net, level by level."""

from .arguments import per_axis, whole


def unet_sizes(size, depth=4, padding="valid", up="conv"):
    """The sizes behind the convolutions of each level of a U-Net, down to the bottom and up again.

    size: an int, or (height, width); the result is a list of as many of them, 2·depth + 1 long:
    unet_sizes(572) is [568, 280, 136, 64, 28, 52, 100, 196, 388]. Each level has two 3×3
    convolutions; padding "valid" loses 4 pixels there, "same" none. Between two levels the size is
    halved, and doubled on the way up: by a transposed convolution (up="conv"), or by repeating the
    pixels and a 3×3 convolution (up="resize"), which loses 2 more with "valid".

    Raises ValueError where a level has an odd size, which 2×2 windows don't cover, or none at all;
    it names the next sizes that work. (Ronneberger, Fischer and Brox 2015, arXiv:1505.04597,
    section 2 and figure 1.)
    """
    depth = whole("unet_sizes", "depth", depth)
    if padding not in ("same", "valid") or up not in ("conv", "resize"):
        raise ValueError(
            f'unet_sizes: padding={padding!r} and up={up!r}. Use "same" or "valid" for padding, and '
            f'"conv" or "resize" for up.'
        )
    axes, answer = per_axis("unet_sizes", size=size)
    return [answer(level) for level in zip(*(_along(a.size, depth, padding, up) for a in axes))]


def _along(size, depth, padding, up):
    sizes, problem = _sizes(size, depth, padding, up)
    if not problem:
        return sizes
    works = lambda n: not _sizes(n, depth, padding, up)[1]  # noqa: E731
    step = 2**depth
    above = next(n for n in range(max(1, size + 1), size + 400 * step) if works(n))
    below = next((n for n in range(size - 1, max(0, size - 2 * step), -1) if works(n)), None)
    near = f"{below} or {above}" if below else f"{above}"
    cures = f"Crop or pad the input to {near}" if below else f"Pad the input to {near}"
    shallow = next((d for d in range(depth - 1, 0, -1) if not _sizes(size, d, padding, up)[1]), None)
    other = f", or use depth={shallow}" if shallow else ""
    raise ValueError(f'unet_sizes: {problem} (depth={depth}, padding="{padding}"). {cures}{other}.')


def _sizes(size, depth, padding, up):
    """(the sizes, None), or (those before it, what does not work)."""
    lost = 4 if padding == "valid" else 0
    sizes, now = [], size
    for level in range(depth + 1):
        now -= lost
        if now < 1:
            return sizes, f"of {size} pixels nothing is left at level {level}"
        sizes.append(now)
        if level < depth:
            if now % 2:
                return sizes, f"{size} pixels become {now} at level {level}, which has no half"
            now //= 2
    for _ in range(depth):
        now = 2 * now - lost - (lost // 2 if up == "resize" else 0)
        if now < 1:
            return sizes, f"of {size} pixels nothing is left on the way up"
        sizes.append(now)
    return sizes, None
