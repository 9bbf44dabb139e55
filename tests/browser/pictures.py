"""Take the README's pictures from the real thing: uv run python -m tests.browser.pictures"""

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
}


def main():
    with server.chromium() as browser, tempfile.TemporaryDirectory() as folder:
        with server.jupyterlab(Path(folder)) as running:
            context = browser.new_context(viewport={"width": 1150, "height": 900}, device_scale_factor=2)
            lab = Lab(context, running)
            notebook = lab.open_notebook(list(PICTURES.values()))
            notebook.run_all()
            for i, name in enumerate(PICTURES):
                notebook.show(i)
                widget = notebook.output(i).locator(".cnn-widget")
                widget.wait_for()
                widget.locator(".cnn-error-curve[data-stale=true]").wait_for(state="detached")  # its curve is computed
                lab.frames(5)
                widget.screenshot(path=FOLDER / f"{name}.png")
            lab.close()


if __name__ == "__main__":
    main()
