"""How depth and error went in the ImageNet challenge, 2012 to 2015."""

from typing import NamedTuple

from .figure import INK, TEXT_COLOURS, Figure, add_axes, in_course_style


class Entry(NamedTuple):
    """A network in the challenge (ILSVRC, classification, test set, no outside data)."""

    year: int
    name: str
    depth: int  # layers with weights from input to output
    error: float  # % of photographs whose label is not among the five best guesses
    source: str


# Errors of 2012 to 2014: Russakovsky et al. 2015, arXiv:1409.0575, table of submissions.
IMAGENET = (
    Entry(2012, "AlexNet", 8, 16.4, "Krizhevsky, Sutskever and Hinton 2012"),
    # Clarifai's own networks were never published; its founder's is described there, eight deep.
    Entry(2013, "Clarifai", 8, 11.7, "Zeiler and Fergus 2014, arXiv:1311.2901"),
    Entry(2014, "VGG", 19, 7.3, "Simonyan and Zisserman 2014, arXiv:1409.1556"),
    Entry(2014, "GoogLeNet", 22, 6.7, "Szegedy et al. 2014, arXiv:1409.4842"),
    Entry(2015, "ResNet", 152, 3.57, "He et al. 2015, arXiv:1512.03385"),
)
HUMAN = 5.1  # one trained annotator: Russakovsky et al. 2015, section 6.4


@in_course_style
def show_imagenet_history():
    """Top-5 errors and depths of the challenge's networks, 2012–2015."""
    figure = Figure(figsize=(8.6, 4.1))
    depths = add_axes(figure, 0.75, 0.1, 7.6, 1.3)
    errors = add_axes(figure, 0.75, 1.6, 7.6, 1.9)
    at = range(len(IMAGENET))
    depths.bar(at, [entry.depth for entry in IMAGENET], width=0.6, color=TEXT_COLOURS["output"])
    errors.bar(at, [entry.error for entry in IMAGENET], width=0.6, color=TEXT_COLOURS["input"])
    errors.axhline(HUMAN, color=INK, linewidth=1.4, linestyle="--")
    errors.annotate(f"a trained human: {HUMAN} %", (0.995, HUMAN), textcoords="offset points",
                    xytext=(0, 4), xycoords=("axes fraction", "data"), ha="right")  # fmt: skip
    for x, entry in zip(at, IMAGENET):
        depths.annotate(f"{entry.depth} layers", (x, entry.depth), xytext=(0, 3), ha="center",
                        textcoords="offset points")  # fmt: skip
        errors.annotate(f"{entry.error} %", (x, 0), xytext=(0, 6), ha="center", color="white",
                        textcoords="offset points")  # fmt: skip
    depths.set(ylabel="depth", xticks=[], ylim=(0, 180))
    errors.set(ylabel="top-5 error in %", ylim=(0, 17.5))
    errors.set_xticks(at, [f"{entry.name}\n{entry.year}" for entry in IMAGENET])
    for axes in (depths, errors):
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlim(-0.5, len(IMAGENET) - 0.5)
    rows = [f"{e.name} ({e.year}): {e.depth} layers, {e.error} %" for e in IMAGENET]
    figure.alt = (
        f"Depth and top-5 error in the ImageNet challenge. {'; '.join(rows)}. A trained human: "
        f"{HUMAN} %."
    )
    return figure
