"""Gestures of UNetExplorer: the pointer over the U and over the output, the input's size dragged.

A U is up to forty boxes with their numbers, drawn anew with each size: half a frame.
"""

from tests.benchmarks.gestures import box_of, centres, within
from tests.benchmarks.rows_widgets import drag_rows, moves_rows

CASES = {
    "the original": "from helpers import UNetExplorer\nUNetExplorer()",
    "depth 5": "from helpers import UNetExplorer\nUNetExplorer(depth=5, padding='same', input_size=512, norm=True)",
    "a network's maps": """\
import torch
from helpers import UNet, UNetExplorer
UNetExplorer(UNet(1, 1, 3, 16), torch.randn(1, 32, 64))""",
}
BUDGET = 8  # ms


def rows(stage):
    for what, cell in CASES.items():
        with stage.lab() as lab:
            notebook = lab.open_notebook([cell])
            notebook.run_all()
            root = notebook.output(0)
            boxes = centres(root.locator(".cnn-unet-picture rect"))
            over = [boxes[7 * n % len(boxes)] for n in range(61)]  # each on another box than the one before
            yield from moves_rows(f"U-Net, {what}: pointer over the maps", stage, lab, over, BUDGET)
            output = box_of(root.locator("[data-role=output] .cnn-unet-holder"))
            over = within(output, [((23 * n % 61 + 1) / 63, (31 * n % 61 + 1) / 63) for n in range(61)])
            yield from moves_rows(f"U-Net, {what}: pointer over the output", stage, lab, over, BUDGET)
            for name in ("input height", "depth"):
                slider = box_of(root.locator(".cnn-slider", has_text=name).locator("input").first)
                drag = within(slider, [((17 * n % 61 + 1) / 63, 0.5) for n in range(61)])
                yield from drag_rows(f"U-Net, {what}: {name} dragged", stage, lab, drag, BUDGET)
