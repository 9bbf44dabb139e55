"""The joined module of a widget behaves like its file with the imports that a browser follows itself."""

from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from helpers.widgets import (
    AccuracyMap,
    ArithmeticExplorer,
    ChannelExplorer,
    ConvolutionExplorer,
    EffectiveFieldExplorer,
    ImageFilter,
    LayerTable,
    LearnedKernel,
    PoolingExplorer,
    ReceptiveFieldExplorer,
    ShiftExplorer,
)
from helpers.widgets.bundle import join_modules
from helpers.widgets.field_cases import FIELD_CASES
from tests.test_accuracy_map import measured
from tests.test_effective_field_explorer import PAIR, X
from tests.test_feature_map_explorer import explorer as maps_of

RNG = np.random.default_rng(0)
RGB = dict(input=RNG.integers(0, 9, (3, 6, 7)), kernel=RNG.integers(-3, 4, (2, 3, 2, 3)), bias=[1, -2])
RUN = dict(kernels=RNG.normal(size=(4, 3, 3)), losses=[3, 2, 1, 0.5], image=RNG.random((12, 9)))
STATES = [
    (ConvolutionExplorer, {}),
    (ConvolutionExplorer, dict(stride=2, padding=(1, 2), padding_mode="reflect", position=(1, 2), large=True)),
    (ConvolutionExplorer, RGB | dict(operation="convolution", filter=1, dilation=2)),
    (ConvolutionExplorer, dict(view="matrix", padding=1, padding_mode="circular")),
    (ConvolutionExplorer, dict(view="wiring", pinned=dict(grid="kernel", channel=0, cell=[1, 1]))),
    (ImageFilter, {}),
    (ImageFilter, dict(image="weather: vorticity", padding_mode="circular", position=(3, 60))),
    (ImageFilter, dict(grey=False, compare=True, kernel=np.ones((5, 5)) / 25, shown="picture")),
    (LearnedKernel, {}),
    (LearnedKernel, RUN | dict(step=2)),
    (ArithmeticExplorer, dict(padding=2, padding_mode="reflect", pinned=dict(grid="input", cell=[-1, 0]))),
    (ArithmeticExplorer, dict(transposed=True, stride=2, output_padding=1, padding=1, building=True)),
    (ArithmeticExplorer, dict(transposed=True, dilation=2, view="stretch", wanted=9, apart=True)),
    (ArithmeticExplorer, dict(view="matrix", position=(1, 1))),
    (ArithmeticExplorer, dict(view="counts", stride=2, values="ones")),
    (ChannelExplorer, dict(groups=2)),
    (ChannelExplorer, dict(separable=True)),
    (LayerTable, {}),
    (PoolingExplorer, {}),
    (PoolingExplorer, dict(pooling="average", kernel_size=3, stride=2, padding=1, pinned=dict(grid="output", channel=0, cell=[1, 1]))),
    (ShiftExplorer, {}),
    (ShiftExplorer, dict(image="weather: vorticity", layers=["conv", "relu", "max_blur_pool"], wrap=False)),
    (ShiftExplorer, dict(transform="rotate", layers=["conv", "global_avg_pool"], padding_mode="zeros", after=1)),
    (AccuracyMap, measured() | dict(digit=2, shift=(1, 1))),
    (ReceptiveFieldExplorer, {}),
    (ReceptiveFieldExplorer, FIELD_CASES["small U-Net"] | dict(layer=6, unit=(0, 3), axis="height")),
    (ReceptiveFieldExplorer, FIELD_CASES["causal"] | dict(unit=(5, 31), large=True)),
    (maps_of, {}),
    (maps_of, dict(filters=True, order="maximum", same_scale=False, image=1)),
    (EffectiveFieldExplorer, dict(models=PAIR, x=X)),
    (EffectiveFieldExplorer, dict(models=PAIR, x=X, layer="0", logarithmic=True, side=3)),
]

# All that a person or a screen reader can find: elements with their attributes and texts, and pixels.
DESCRIBE = """(root) => [...root.querySelectorAll("*")].map((node) => [
    node.tagName,
    ...[...node.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
    node.children.length ? "" : node.textContent,
    node.value ?? "",
    node.tagName === "CANVAS" ? node.toDataURL() : "",
].join(" | "))"""

HIDDEN = ("_initial", "_kernels", "_gallery", "_own", "_cases", "_layers", "_maps", "_images", "_names", "_left_out",
          "_packed")  # fmt: skip


def state_of(widget):
    names = [name for name in widget.trait_names(sync=True) if name[0] != "_" or name in HIDDEN]
    state = widget.get_state(names)
    del state["layout"]
    return state


def settled(mounted):
    """What the view shows once it is drawn and the live region has spoken."""
    said = mounted.el.locator(".cnn-live:not(:empty)")
    said.wait_for(state="attached")
    mounted.el.locator(".cnn-error-curve[data-stale=true]").wait_for(state="detached")  # a curve takes several frames
    mounted.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return mounted.el.evaluate(DESCRIBE)


@pytest.mark.parametrize(("make", "settings"), STATES)
def test_a_joined_widget_is_the_widget(module_page, make, settings):
    widget = make(**settings)
    state = state_of(widget)
    widget.close()
    address = f"{module_page.page.url}helpers/widgets/{widget.script}"
    seen = []
    for source in (widget._esm, f'export {{ default }} from "{address}";'):
        mounted = module_page.mount(str(source), str(widget._css), state)
        first = settled(mounted)
        mounted.el.get_by_role("button").last.press("l")
        assert mounted.get("large") != state["large"]
        seen.append((first, settled(mounted), mounted.log()))
        mounted.destroy()
    (first, later, log), (first_of_file, later_of_file, log_of_file) = seen
    for joined, of_file in ((first, first_of_file), (later, later_of_file)):
        assert len(joined) > 50
        assert [pair for pair in zip_longest(joined, of_file) if pair[0] != pair[1]] == []
    assert first != later
    assert log == log_of_file == [["set", "large", not state["large"]], ["save_changes"]]
    assert module_page.console_errors == []


FILES = {
    "main.js": """
        import { name, twice, Counter } from "./part.js";
        import { name as other, count, seen as
          alsoSeen } from "./other.js";
        const secret = "main's";
        count(); twice(); new Counter();
        export default { name, other, secret, seen: alsoSeen, strict: (() => this)() === undefined };
    """,
    "part.js": """
        import { count, seen } from "./shared.js";
        const secret = "part's";
        export const name = secret;
        export function twice() { count(); count(); }
        export class Counter { constructor() { seen.push("class"); } }
    """,
    "other.js": """
        import { count as more, seen as list } from "./shared.js";
        const secret = "other's";
        export const name = secret;
        export const seen = list;
        export async function count() { more(); }
    """,
    "shared.js": """
        export const seen = ["loaded"];
        export function count() { seen.push(seen.length); }
    """,
}


def test_scopes_names_and_shared_state_are_those_of_real_modules(module_page, tmp_path):
    for name, source in FILES.items():
        lines = "\n".join(line.removeprefix("        ") for line in source.splitlines())
        (tmp_path / name).write_text(lines, encoding="utf-8")
    serve = lambda route: route.fulfill(  # noqa: E731
        body=(tmp_path / Path(route.request.url).name).read_text("utf-8"), content_type="text/javascript"
    )
    module_page.page.route("**/helpers/widgets/made/*", serve)
    real = module_page.evaluate("async () => (await import('/helpers/widgets/made/main.js')).default")
    joined = module_page.evaluate(
        """async (source) => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            return (await import(url)).default;
        }""",
        join_modules(tmp_path / "main.js"),
    )
    assert joined == real == {
        "name": "part's", "other": "other's", "secret": "main's", "strict": True, "seen": ["loaded", 1, 2, 3, "class"],
    }  # fmt: skip


def test_a_number_that_was_only_looked_at_stays_exact(module_page):
    """The box shows 0.1111 for 1/9; leaving it must not store that."""
    widget = ConvolutionExplorer(kernel=np.full((3, 3), 1 / 9))
    mounted = module_page.mount(str(widget._esm), str(widget._css), state_of(widget))
    widget.close()
    cell = mounted.el.locator("[data-role=kernel] .cnn-grid")
    for leave in ("Enter", "Tab"):
        cell.dblclick()
        mounted.el.get_by_role("textbox").press(leave)
    assert mounted.get("kernel") == [[1 / 9] * 3] * 3
    cell.dblclick()
    mounted.el.get_by_role("textbox").fill("1/3")
    mounted.el.get_by_role("textbox").press("Enter")
    assert mounted.get("kernel")[1] == [1 / 9, 1 / 3, 1 / 9]


def test_a_slider_never_leaves_what_both_axes_allow(module_page):
    """Python may set one axis beyond what the other could follow; the slider sets both."""
    widget = ConvolutionExplorer(input=np.ones((3, 16)), kernel=np.ones((1, 7)))
    mounted = module_page.mount(str(widget._esm), str(widget._css), state_of(widget))
    slider = mounted.el.get_by_role("slider", name="kernel_size")
    settled(mounted)
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        slider.press(key)
        widget.kernel = mounted.get("kernel")  # Python refuses what PyTorch would
    assert widget.kernel.shape == (1, 1)
    widget.close()
    assert module_page.console_errors == []
