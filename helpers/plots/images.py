"""Pictures: photos, signed results, weather fields, the classic kernels at work."""

import math

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, Normalize

from helpers.images import LUMA
from helpers.operations import filter_image

from .figure import (
    COLOURS,
    SIGNED,
    WIDTH,
    Figure,
    add_axes,
    as_array,
    colour_scale,
    draw_cells,
    in_course_style,
    is_signed,
    number,
    value_range,
)
from .grids import HEADER, grid_of

# Red, green and blue from 0 to 255 of pixels that leave 0…1, the same as in the widgets.
BELOW, ABOVE = (40, 90, 255), (255, 120, 0)
MANY = 1000  # pixels, from which on one glaring pixel must not make all others pale
BAR = 0.58  # inches below a kernel, for the colour bar of its result


def picture_of(image, caller="show_images"):
    """(H, W) floats or (H, W, 3) colours in 0…1, also from PyTorch's (1 or 3, H, W)."""
    image = as_array(image)
    if image.ndim == 3 and image.shape[-1] != 3 and image.shape[0] in (1, 3):
        image = image[0] if image.shape[0] == 1 else np.moveaxis(image, 0, -1)
    if image.size == 0 or not (image.ndim == 2 or image.ndim == 3 and image.shape[-1] == 3):
        raise ValueError(
            f"{caller}: an image has the shape (H, W), (H, W, 3) or (3, H, W), but the one given "
            f"has {image.shape}. Choose one image of a batch, for example x[0]."
        )
    if image.ndim == 2:
        return image.astype(float)
    scale = 255 if image.dtype == np.uint8 else 1
    low, high = value_range(image / scale)
    if low < 0 or high > 1:
        raise ValueError(
            f"{caller}: colours are uint8 from 0 to 255 or floats from 0 to 1, but these are "
            f"{image.dtype} from {number(low)} to {number(high)}. Divide by 255, or show the "
            "channels one by one, for example image[..., 0]."
        )
    return image / scale


@in_course_style
def show_images(*images, units="", same_scale=False, columns=4, alt=None):
    """Images side by side: colours as they are, grey ones, signed ones with a colour bar.

    `images`: arrays (H, W), (H, W, 3) or (3, H, W), or a dict title → array. A 2-D image without
    negative values is drawn in grey from its smallest to its largest value; any other in a
    diverging map centred on zero, never clamped, with a colour bar in `units`. `same_scale` gives
    all 2-D images one scale. Raises ValueError for other shapes and for colours outside 0…1.
    """
    titled = images[0] if len(images) == 1 and isinstance(images[0], dict) else None
    titles = list(titled) if titled is not None else [""] * len(images)
    pictures = [picture_of(x) for x in (titled.values() if titled is not None else images)]
    if not pictures:
        raise ValueError("show_images: no image was given. Use show_images(photo).")
    columns = min(columns, len(pictures))
    flat = [p for p in pictures if p.ndim == 2]
    together = np.concatenate([p.ravel() for p in flat]) if same_scale and flat else None
    # A column is wider by a colour bar when one of its pictures has one.
    gap = 0.2
    bars = [0.85 * any(p.ndim == 2 and is_signed(p if together is None else together)
                       for p in pictures[column::columns]) for column in range(columns)]
    width = min(4.2, (WIDTH - gap * (columns - 1) - sum(bars)) / columns)
    lefts = [column * (width + gap) + sum(bars[:column]) for column in range(columns)]
    height = min(4.6, width * max(p.shape[0] / p.shape[1] for p in pictures))
    header = HEADER if any(titles) else gap
    rows = math.ceil(len(pictures) / columns)
    figure = Figure(figsize=(lefts[-1] + width + bars[-1], rows * (height + header)))
    described = []
    for index, (title, picture) in enumerate(zip(titles, pictures)):
        row, column = divmod(index, columns)
        ratio = picture.shape[1] / picture.shape[0]
        w, h = (width, width / ratio) if width / ratio <= height else (height * ratio, height)
        left, top = lefts[column], row * (height + header) + header
        axes = add_axes(figure, left, top, w, h)
        axes.set_title(title, loc="left")
        described.append(f"{title or 'An image'}, " + _describe(picture, units))
        if picture.ndim == 3:
            _paint(axes, picture)
            continue
        cmap, norm = colour_scale(picture if together is None else together, cmap="gray")
        drawn = _paint(axes, picture, cmap=cmap, norm=norm)
        if cmap.name == SIGNED:
            _colour_bar(figure, drawn, (left + w + 0.07, top, 0.11, h), units)
    figure.alt = alt or ". ".join(described) + "."
    return figure


def _describe(picture, units=""):
    kind = f"{picture.shape[0]}×{picture.shape[1]} pixels"
    if picture.ndim == 3:
        return f"{kind} in colour"
    low, high = value_range(picture)
    return f"{kind}, values from {number(low)} to {number(high)} {units}".rstrip()


def _paint(axes, picture, **scale):
    axes.set(xticks=[], yticks=[])
    small = max(picture.shape[:2]) <= 128  # keep the pixels of a small image square and sharp
    return axes.imshow(picture, interpolation="nearest" if small else "antialiased", **scale)


def _colour_bar(figure, drawn, place, label):
    bar = figure.colorbar(drawn, cax=add_axes(figure, *place))
    bar.ax.tick_params(labelsize=9, length=2)
    bar.formatter.set_powerlimits((-3, 5))  # 1.0 with ×10⁻⁴ on top, not 0.00010
    bar.formatter.set_useMathText(True)
    bar.ax.yaxis.get_offset_text().set(size=9, horizontalalignment="left")
    bar.outline.set_linewidth(0.5)
    bar.set_label(label)


@in_course_style
def show_field(field, latitude=None, longitude=None, units="", title="", signed=None, alt=None):
    """A field on a latitude–longitude grid, with degrees on its axes and a colour bar in `units`.

    `field` is (H, W), rows along `latitude` and columns along `longitude` (degrees; without them
    the grid is taken to be global, north on top). Signed fields diverge from zero, others run
    through viridis. Raises ValueError when the sizes don't agree.
    """
    field = grid_of(field, "show_field", most=4096)
    rows, columns = field.shape
    latitude = 90 - (np.arange(rows) + 0.5) * 180 / rows if latitude is None else latitude
    longitude = np.arange(columns) * 360 / columns if longitude is None else longitude
    latitude, longitude = as_array(latitude), as_array(longitude)
    if (rows, columns) != (latitude.size, longitude.size):
        raise ValueError(
            f"show_field: the field has {rows} rows and {columns} columns, but there are "
            f"{latitude.size} latitudes and {longitude.size} longitudes. Its rows follow the "
            "latitude; field.T exchanges the axes."
        )
    width = 7.2
    height = float(np.clip(width * np.ptp(latitude) / (np.ptp(longitude) or 1), 1.6, 4.6))
    figure = Figure(figsize=(width + 1, height + 0.7))
    axes = add_axes(figure, 0.6, HEADER, width, height)
    cmap, norm = colour_scale(field, signed=signed, cmap="viridis")
    drawn = axes.pcolormesh(longitude, latitude, field, cmap=cmap, norm=norm, shading="nearest")
    axes.set_title(title, loc="left")
    axes.set_xticks(_degrees(longitude, 60))
    axes.set_yticks(_degrees(latitude, 30))
    axes.xaxis.set_major_formatter(lambda value, _: _compass((value + 180) % 360 - 180, "EW"))
    axes.yaxis.set_major_formatter(lambda value, _: _compass(value, "NS"))
    _colour_bar(figure, drawn, (0.6 + width + 0.12, HEADER, 0.15, height), units)
    where = f"from {_compass(latitude.min(), 'NS')} to {_compass(latitude.max(), 'NS')}"
    figure.alt = alt or (
        f"{title or 'A field'} on a latitude–longitude grid {where}, {_describe(field, units)}."
    )
    return figure


def _degrees(values, step):
    low, high = values.min(), values.max()
    while high - low < 2 * step and step > 1:
        step /= 2 if step > 15 else 3
    return [d for d in np.arange(math.ceil(low / step) * step, high + 1e-6, step)]


def _compass(degrees, signs):
    if degrees in (0, -180, 180) and signs == "EW" or degrees == 0:
        return f"{number(abs(degrees))}°"
    return f"{number(abs(degrees))}°{signs[0] if degrees > 0 else signs[1]}"


@in_course_style
def show_filters(image, kernels, columns=3, alt=None):
    """A grey image or field, and what each kernel makes of it, next to the kernel's numbers.

    `kernels`: dict name → (kh, kw). A kernel whose weights sum to zero finds changes: its result
    diverges from zero (red positive, blue negative, white zero), on a colour bar of its own. Of a
    large picture the strongest 1 % lie beyond that bar's ends, and it says so.

    Any other kernel makes a picture again, on the scale of the image and as in the widgets: grey
    from 0 (black) to 1 (white), blue below 0 and orange above 1, the brighter the farther outside,
    up to 0.5. An image with values outside 0…1 is a field: such results of it run in grey from
    their smallest to their largest value, or diverge from zero if one is negative.

    Raises ValueError for a kernel that is larger than the image.
    """
    image = picture_of(image, "show_filters")
    image = image @ LUMA if image.ndim == 3 else image
    low, high = value_range(image)
    is_picture = low >= 0 and high <= 1
    kernels = {name: grid_of(kernel, "show_filters") for name, kernel in kernels.items()}
    columns = min(columns, len(kernels) + 1)
    rows = math.ceil((len(kernels) + 1) / columns)
    gap, side = 0.16, 0.9
    width = min(2.6, (WIDTH - 0.3 * (columns - 1)) / columns - side - gap)
    height = width * image.shape[0] / image.shape[1]
    below = HEADER + max(height, side + BAR)
    step = side + gap + width + 0.3
    figure = Figure(figsize=(columns * step, rows * below))
    panels, clipped = {"the image": None, **kernels}, False
    for index, (name, kernel) in enumerate(panels.items()):
        row, column = divmod(index, columns)
        left, top = column * step, row * below + HEADER
        axes = add_axes(figure, left + side + gap, top, width, height)
        figure.text(left / figure.get_size_inches()[0], axes.get_position().y1 + 0.01, name,
                    fontsize=10.5, va="bottom")
        result = image if kernel is None else _filtered(image, name, kernel)
        cmap, norm = _scale_of(result, kernel, is_picture)
        drawn = _paint(axes, result, cmap=cmap, norm=norm)
        if cmap.name == SIGNED:
            place = (left, top + max(height, side + BAR) - BAR + 0.14, side, 0.09)
            clipped |= _small_colour_bar(figure, drawn, place)
        if kernel is not None:
            cell = side / max(kernel.shape)
            grid = add_axes(figure, left, top, kernel.shape[1] * cell, kernel.shape[0] * cell)
            scale = colour_scale(kernel, signed=True)
            draw_cells(grid, kernel, *scale, frame=COLOURS["kernel"])
    figure.alt = alt or (
        f"An image of {image.shape[0]}×{image.shape[1]} pixels and what these kernels make of it: "
        f"{', '.join(kernels)}. Of kernels that sum to zero, red is positive and blue negative"
        f"{', the strongest 1 % of each in the darkest colours' if clipped else ''}; "
        + ("the others are grey from 0 to 1, blue below 0 and orange above 1." if is_picture else
           "the others are grey, or red and blue if a value is negative.")
    )
    return figure


def _filtered(image, name, kernel):
    """The cross-correlation, without the border at which the kernel leaves the image."""
    (height, width), (kh, kw) = image.shape, kernel.shape
    if kh > height or kw > width:
        raise ValueError(
            f"show_filters: the kernel {name!r} of {kh}×{kw} is larger than the image of "
            f"{height}×{width}. Use a smaller kernel or a larger image."
        )
    top, left = (kh - 1) // 2, (kw - 1) // 2
    inside = slice(top, top + height - kh + 1), slice(left, left + width - kw + 1)
    return filter_image(image, kernel)[inside]


def _scale_of(result, kernel, is_picture):
    finds_changes = kernel is not None and abs(kernel.sum()) < 1e-6 * abs(kernel).sum()
    if is_picture and not finds_changes:
        return _picture_scale(result)
    if finds_changes and result.size > MANY:
        reach = np.percentile(abs(result), 99) or abs(result).max() or 1.0
        return colormaps[SIGNED], Normalize(-reach, reach)
    return colour_scale(result, signed=finds_changes or None, cmap="gray")


def _small_colour_bar(figure, drawn, place):
    """Lying below a kernel; True if values lie beyond it, as pointed ends and a label then say."""
    reach = drawn.norm.vmax
    clipped = np.nanmax(abs(drawn.get_array())) > reach
    bar = figure.colorbar(drawn, cax=add_axes(figure, *place), orientation="horizontal",
                          extend="both" if clipped else "neither", extendfrac=0.1)
    end = number(reach, 1 if reach >= 10 else 2)
    bar.set_ticks([-reach, reach], labels=[f"−{end}", end])
    for label, side in zip(bar.ax.get_xticklabels(), ("left", "right")):
        label.set_horizontalalignment(side)  # so that it does not reach the picture
    bar.ax.tick_params(labelsize=7.5, length=2, pad=1.5)
    bar.outline.set_linewidth(0.5)
    if clipped:
        bar.set_label("1 % lie beyond", fontsize=7.5, labelpad=1)
    return clipped


def _picture_scale(result):
    """Black at 0, white at 1; below it turns blue, above orange, as `tableFor` of the widgets."""
    low, high = value_range(result)
    low, high = min(0, low), max(1, high)
    ends = np.linspace(low, high, 513)[:, None]
    values = (ends[:-1] + ends[1:]) / 2
    below = _mix((0, 0, 40), BELOW, np.minimum(1, -2 * values))
    above = _mix((255, 240, 220), ABOVE, np.minimum(1, 2 * (values - 1)))
    grey = _mix((0, 0, 0), (255, 255, 255), np.clip(values, 0, 1))
    # 0 and 1 themselves are black and white, and so is what rounding makes of them.
    outside = [ends[1:] < -1e-9, ends[:-1] > 1 + 1e-9]
    return ListedColormap(np.select(outside, [below, above], grey) / 255), Normalize(low, high)


def _mix(one, other, share):
    return (1 - share) * np.array(one) + share * np.array(other)
