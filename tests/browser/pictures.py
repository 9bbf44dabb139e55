"""Take the README's pictures from the real thing: uv run python -m tests.browser.pictures [names]"""

import sys
import tempfile
from pathlib import Path

from tests.browser import server
from tests.browser.lab import Lab

FOLDER = Path(__file__).parents[2] / "notebooks" / "pictures"
# file name → the cell whose widget is photographed
PICTURES = {
    "convolution_explorer": "from helpers import ConvolutionExplorer\nConvolutionExplorer(position=(1, 1))",
    "arithmetic_explorer": "from helpers import ArithmeticExplorer\nArithmeticExplorer.case('odd', position=(1, 1))",
    "image_filter": "from helpers import ImageFilter\nImageFilter()",
    "shift_explorer": (
        "from helpers import ShiftExplorer\n"
        "ShiftExplorer(image='photo', layers=['conv', 'relu', 'max_pool'], shift=(0, 5))"
    ),
    "receptive_field_explorer": (
        "from helpers import ReceptiveFieldExplorer\n"
        "ReceptiveFieldExplorer.case('3×3 and pooling', unit=(3, 11))"
    ),
    "landscape_explorer": (
        "from helpers import LandscapeExplorer, compare_depths, load_digits, loss_surface\n"
        "digits = load_digits()\n"
        "trained = compare_depths(digits.train, digits.validation, (20,), progress=False).models\n"
        "some = digits.train.images[:256, None], digits.train.labels[:256]\n"
        "names = {'residual, 20 layers': True, 'plain, 20 layers': False}\n"
        "LandscapeExplorer({name: loss_surface(trained[20, skip], *some, progress=False)\n"
        "                   for name, skip in names.items()}, ceiling=10)"
    ),
}


def main(names):
    """Take these pictures; all of them if none is named."""
    cells = {name: PICTURES[name] for name in names or PICTURES}
    with server.chromium() as browser, tempfile.TemporaryDirectory() as folder:
        with server.jupyterlab(Path(folder)) as running:
            context = browser.new_context(viewport={"width": 1150, "height": 900}, device_scale_factor=2)
            lab = Lab(context, running)
            notebook = lab.open_notebook(list(cells.values()))
            notebook.run_all(seconds=300)
            for i, name in enumerate(cells):
                notebook.show(i)
                widget = notebook.output(i).locator(".cnn-widget")
                widget.wait_for()
                widget.locator(".cnn-error-curve[data-stale=true]").wait_for(state="detached")  # its curve is computed
                lab.frames(5)
                widget.screenshot(path=FOLDER / f"{name}.png")
            lab.close()


if __name__ == "__main__":
    main(sys.argv[1:])
