"""ArithmeticExplorer from Python: PyTorch's sizes, values and refusals, both directions."""

import itertools

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn

from helpers.widgets import ArithmeticExplorer
from helpers.widgets.arithmetic_cases import NAMED_CASES
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (a fixture)

SIZES = ("input_size", "kernel_size", "stride", "padding", "dilation", "output_padding")
MOST = dict(zip(SIZES, (12, 7, 4, 6, 4, 3)))


def messages(explorer, monkeypatch):
    """The states that are sent to the page from now on."""
    sent = []
    monkeypatch.setattr(explorer.comm, "send", lambda data, **_rest: sent.append(data["state"]))
    return sent


def through_the_layer(explorer):
    with torch.no_grad():
        return explorer.layer(torch.tensor(explorer.input)[None, None])[0, 0].numpy()


# -- random settings against PyTorch -------------------------------------------------------------


def random_settings(rng):
    kinds = {
        "input_size": rng.integers(1, 13, 2), "kernel_size": rng.integers(1, 6, 2),
        "stride": rng.integers(1, 5, 2), "padding": rng.choice([0, 0, 1, 2, 3, 4], 2),
        "dilation": rng.choice([1, 1, 2, 3], 2), "output_padding": rng.choice([0, 0, 0, 1, 2, 3], 2),
    }  # fmt: skip
    same = rng.random() < 0.4
    settings = {name: int(v[0]) if same else tuple(v.tolist()) for name, v in kinds.items()}
    settings["transposed"] = bool(rng.random() < 0.5)
    if settings["transposed"]:
        return settings | {"padding_mode": str(rng.choice(["zeros", "zeros", "reflect"]))}
    if rng.random() < 0.9:
        settings["output_padding"] = 0
    return settings | {"padding_mode": str(rng.choice(["zeros", "reflect", "replicate", "circular"]))}


def pytorchs(settings):
    """PyTorch's layer and what it makes of 1, 2, 3, …; None where PyTorch refuses."""
    sizes = {name: settings[name] for name in SIZES[1:5]}
    height, width = np.broadcast_to(settings["input_size"], 2).tolist()
    x = torch.arange(1, height * width + 1, dtype=torch.float64).reshape(1, 1, height, width)
    kind = nn.ConvTranspose2d if settings["transposed"] else nn.Conv2d
    sizes["padding_mode"] = settings["padding_mode"]
    if settings["transposed"] or np.any(settings["output_padding"]):
        sizes["output_padding"] = settings["output_padding"]
    try:
        layer = kind(1, 1, bias=False, dtype=torch.float64, **sizes).requires_grad_(False)
        kh, kw = layer.kernel_size
        # 1 + (2i + j) mod 3, by hand
        rows = {0: [1, 2, 3], 1: [3, 1, 2], 2: [2, 3, 1]}
        weight = [[rows[i % 3][j % 3] for j in range(kw)] for i in range(kh)]
        layer.weight.copy_(torch.tensor(weight)[None, None])
        return layer, layer(x)[0, 0].numpy()
    except (RuntimeError, ValueError, TypeError):
        return None


@pytest.mark.parametrize("seed", range(2))
def test_output_code_and_refusals_are_pytorchs(seed):
    rng = np.random.default_rng(seed)
    explorer = ArithmeticExplorer()
    seen = {(transposed, end): 0 for transposed in (False, True) for end in ("shown", "refused", "large")}
    for _ in range(600):
        settings = random_settings(rng)
        expected = pytorchs(settings)
        if expected is None:
            end = "refused"
            assert refused(explorer, **settings).startswith("ArithmeticExplorer"), settings
        elif max(expected[1].shape) > 32:
            end = "large"
            height, width = expected[1].shape
            text = f"draws outputs of up to 32 pixels along an axis, these settings give {height}×{width}."
            assert text in refused(explorer, **settings)
        else:
            end = "shown"
            explorer.set(**settings)
            layer, y = expected
            assert explorer.output_size == y.shape, settings
            np.testing.assert_array_equal(explorer.output, y)
            np.testing.assert_array_equal(through_the_layer(explorer), y)
            assert repr(eval(explorer.code)) == repr(layer), settings
        seen[settings["transposed"], end] += 1
    assert seen.pop((False, "large")) == 0
    assert min(seen.values()) > 15, seen


def test_ones_count_the_contributions():
    explorer = ArithmeticExplorer(values="ones", padding=1)
    assert explorer.output.tolist() == [[4, 6, 6, 6, 4], *[[6, 9, 9, 9, 6]] * 3, [4, 6, 6, 6, 4]]
    assert through_the_layer(explorer).tolist() == explorer.output.tolist()


def test_no_flip_leaves_the_kernel_alone():
    for height, width in itertools.product(range(2, 8), repeat=2):
        kernel = ArithmeticExplorer(input_size=12, kernel_size=(height, width)).kernel
        assert (kernel != kernel[::-1]).any() and (kernel != kernel[:, ::-1]).any()
        assert (kernel != kernel[::-1, ::-1]).any(), kernel


# -- refusals ------------------------------------------------------------------------------------

LARGER = "For larger ones there are helpers.conv_output_size and helpers.conv_transpose_output_size."
REFUSALS = [
    *((dict([(name, most + 1)]), f"draws {name} up to {most}, got {most + 1}. {LARGER}") for name, most in MOST.items()),
    (dict(input_size=(5, 13)), f"draws input_size up to 12, got (5, 13). {LARGER}"),
    (dict(kernel_size=6), "ArithmeticExplorer keeps its kernel_size. conv_output_size: along the height, a kernel of 6 "
     "covers 6 pixels, but the padded input has 5 (5 + 2·0). Use padding ≥ 1 or a smaller kernel."),
    (dict(dilation=(1, 3)), "ArithmeticExplorer keeps its dilation. conv_output_size: along the width, a kernel of 3 "
     "with dilation 3 covers 7 pixels"),
    (dict(padding=5, padding_mode="reflect"), "'reflect' padding of 5 along the height needs more pixels than the 5 "
     "that are there. Use padding ≤ 4 or padding_mode='replicate'."),
    (dict(output_padding=1), "ArithmeticExplorer keeps its output_padding. Only a transposed convolution has an "
     "output_padding. Use output_padding=0 or transposed=True."),
    (dict(transposed=True, padding_mode="circular"), "A transposed convolution has no padding_mode 'circular': its "
     "padding cuts off pixels. Use padding_mode='zeros' or transposed=False."),
    (dict(transposed=True, output_padding=1), "output_padding"),
    (dict(transposed=True, input_size=1, padding=2, kernel_size=3), "conv_transpose_output_size"),
    (dict(transposed=True, input_size=12, stride=4), "draws outputs of up to 32 pixels along an axis, these settings "
     "give 47×47. Use a smaller input or stride."),
    (dict(stride=0), "ArithmeticExplorer.stride: expected an int of at least 1, or (height, width); got 0."),
    (dict(padding=-1), "ArithmeticExplorer.padding: expected an int of at least 0, or (height, width); got -1."),
    (dict(input_size=2.0), "got 2.0."),
    (dict(padding="same"), "got 'same'."),
    (dict(padding_mode="mirror"), "['zeros', 'reflect', 'replicate', 'circular']"),
    (dict(values="random"), "['numbers', 'ones']"),
    (dict(view="stamp"), "ArithmeticExplorer.view: a convolution is shown as 'slide', 'matrix', 'counts'; got 'stamp'."),
    (dict(view="slide", transposed=True), "ArithmeticExplorer.view: a transposed convolution is shown as 'stamp', "
     "'stretch', 'matrix', 'counts'; got 'slide'."),
    (dict(view="wiring"), "['slide', 'stamp', 'stretch', 'matrix', 'counts']"),
    (dict(position=(0, 3)), "ArithmeticExplorer.position: there are 3×3 places, so rows end at 2 and columns at 2; "
     "got (0, 3)."),
    (dict(wanted=33), "wanted"),
    (dict(wanted=0), "wanted"),
    (dict(fixed=["strides"]), "fixed"),
    (dict(pinned={"grid": "input", "cell": [5, 0]}), "ArithmeticExplorer.pinned: expected None or a cell that is there, "
     "such as {'grid': 'input', 'cell': [2, 1]}; got {'grid': 'input', 'cell': [5, 0]}."),
    (dict(pinned={"grid": "border", "cell": [0, 0]}), "ArithmeticExplorer.pinned"),
    (dict(pinned=[0, 0]), "ArithmeticExplorer.pinned"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS, ids=lambda v: "" if isinstance(v, str) else "+".join(v))
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    explorer = ArithmeticExplorer()
    if settings.get("view") == "slide":  # it has to be another one, or nothing is proposed
        explorer.view = "matrix"
    assert text in refused(explorer, **settings)
    before = set(registry._instances)
    with pytest.raises(ValueError) as refusal:
        ArithmeticExplorer(**settings)
    assert len(settings) > 1 or text in str(refusal.value)
    assert set(registry._instances) == before


def test_a_setting_that_does_not_exist_is_named_beside_those_that_do():
    for name in ("strides", "size", "output"):
        with pytest.raises(TypeError, match=rf"ArithmeticExplorer has no setting '{name}'\. It has: apart, .*wanted\."):
            ArithmeticExplorer(**{name: 2})


# -- what follows a change -----------------------------------------------------------------------


def test_the_view_follows_the_direction():
    explorer = ArithmeticExplorer()
    explorer.transposed = True
    assert explorer.view == "stamp"
    explorer.view = "counts"
    explorer.transposed = False
    assert explorer.view == "counts"
    explorer.set(transposed=True, view="stretch")
    explorer.transposed = False
    assert explorer.view == "slide"
    assert ArithmeticExplorer(transposed=True).view == "stamp"
    assert ArithmeticExplorer(transposed=True, view="matrix").view == "matrix"


def test_position_stays_inside_whatever_shrinks():
    explorer = ArithmeticExplorer(position=(2, 1))
    explorer.stride = (2, 3)
    assert explorer.position == (1, 0)
    explorer.stride = 1
    assert explorer.position == (1, 0)
    explorer.set(transposed=True, position=(4, 4))  # an input, in the view "stamp"
    explorer.input_size = (3, 5)
    assert explorer.position == (2, 4)
    explorer.view = "stretch"
    explorer.position = (4, 6)
    explorer.view = "stamp"
    assert explorer.position == (2, 4)


@pytest.mark.parametrize("cell", [(-1, 0), (2, 5), (4, -1), (5, 5)])
def test_a_pin_in_the_border_goes_when_the_border_goes(cell):
    explorer = ArithmeticExplorer(padding=1, pinned={"grid": "input", "cell": list(cell)})
    explorer.stride = 2
    assert explorer.pinned["cell"] == list(cell)
    explorer.padding = 0
    assert explorer.pinned is None


def test_the_border_of_a_transposed_layer_is_at_its_output():
    explorer = ArithmeticExplorer(transposed=True, padding=1)
    for grid, cell in (("output", [-1, 5]), ("input", [4, 4]), ("kernel", [2, 2])):
        explorer.pinned = {"grid": grid, "cell": cell}
    for grid, cell in (("output", [-2, 0]), ("output", [6, 0]), ("input", [-1, 0]), ("kernel", [3, 0])):
        assert "pinned" in refused(explorer, pinned={"grid": grid, "cell": cell})
    explorer.kernel_size = 2
    assert explorer.pinned is None


def test_set_is_all_or_nothing_and_one_message(monkeypatch):
    explorer = ArithmeticExplorer()
    for first in ({"position": (1, 1)}, {"pinned": {"grid": "output", "cell": [0, 0]}}, {"view": "counts"}):
        assert "keeps its" in refused(explorer, **first, values="ones", wanted=4, dilation=4)
    told = messages(explorer, monkeypatch)
    explorer.set(**NAMED_CASES["odd, transposed"])
    assert len(told) == 1 and told[0]["output_padding"] == 1
    assert explorer.output_size == (6, 6)


# -- from and to the page ------------------------------------------------------------------------


def test_what_the_page_sends_is_checked_and_after_a_refusal_it_is_told_what_stands(monkeypatch):
    explorer = ArithmeticExplorer()
    explorer.set_state({"kernel_size": [2, 3], "pinned": {"grid": "kernel", "cell": [1, 2]}, "view": "counts"})
    assert explorer.kernel_size == (2, 3) and explorer.view == "counts"
    told = messages(explorer, monkeypatch)
    with pytest.raises(ValueError, match="a kernel of 3 with dilation 4 covers 9 pixels"):
        explorer.set_state({"dilation": 4, "view": "slide", "stride": 2})
    assert [told[-1][name] for name in ("dilation", "view", "stride")] == [1, "counts", 1]
    assert (explorer.dilation, explorer.view, explorer.stride) == (1, "counts", 1)


def test_reset_has_what_the_cell_made():
    explorer = ArithmeticExplorer.case("odd, transposed", position=(1, 2), wanted=6, fixed=["stride"])
    explorer.set(**NAMED_CASES["dilation"])
    explorer.set(wanted=None, fixed=[], apart=True, pinned={"grid": "kernel", "cell": [0, 0]})
    explorer.set_state(explorer._initial)  # as the page sends it
    assert explorer.output_size == (6, 6) and explorer.transposed and explorer.view == "stamp"
    assert (explorer.position, explorer.wanted, explorer.fixed) == ((1, 2), 6, ["stride"])
    assert (explorer.pinned, explorer.apart) == (None, False)


def test_repr_is_a_sentence():
    assert repr(ArithmeticExplorer()) == (
        "ArithmeticExplorer: convolution, 5×5 → 3×3; nn.Conv2d(1, 1, kernel_size=3, bias=False)."
    )
    assert repr(ArithmeticExplorer.case("odd, transposed")) == (
        "ArithmeticExplorer: transposed convolution, 3×3 → 6×6; "
        "nn.ConvTranspose2d(1, 1, kernel_size=3, stride=2, padding=1, output_padding=1, bias=False)."
    )
    mixed = ArithmeticExplorer(input_size=(5, 9), kernel_size=(3, 2), padding=(1, 0), padding_mode="circular")
    assert repr(mixed) == (
        "ArithmeticExplorer: convolution, 5×9 → 5×8; nn.Conv2d(1, 1, kernel_size=(3, 2), padding=(1, 0), "
        'bias=False, padding_mode="circular").'
    )
