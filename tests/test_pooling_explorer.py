"""PoolingExplorer from Python: PyTorch's numbers, shifts that do what they say, refusals."""

import gc
import re

import numpy as np
import pytest
import torch
from ipywidgets.widgets import widget as registry
from torch import nn
from torch.nn import functional as F

from helpers.widgets import PoolingExplorer
from helpers.widgets.pooling_cases import POOLING_CASES
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

POOLINGS = ("max", "average", "min", "median", "L2")


def random_setting(rng):
    pooling = str(rng.choice(POOLINGS))
    kernel_size = tuple(rng.integers(1, 5, 2).tolist())
    pads = pooling not in ("median", "L2") and rng.random() < 0.5
    return {
        "input": rng.normal(size=(*[2] * (rng.random() < 0.5), *rng.integers(4, 9, 2))),
        "pooling": pooling,
        "kernel_size": kernel_size,
        "stride": None if rng.random() < 0.3 else tuple(rng.integers(1, 4, 2).tolist()),
        "padding": tuple(int(rng.integers(k // 2 + 1)) * pads for k in kernel_size),
        "ceil_mode": bool(rng.random() < 0.5),
        "count_include_pad": bool(rng.random() < 0.5),
        "shift": tuple(rng.integers(-1, 2, 2).tolist()),
        "wrap": bool(rng.random() < 0.5),
        "entering": float(rng.normal()),
    }


def shifted_by_torch(x, setting):
    down, right = setting["shift"]
    if setting["wrap"]:
        return torch.roll(x, (down, right), (-2, -1))
    framed = F.pad(x, (1, 1, 1, 1), value=setting["entering"])
    height, width = x.shape[-2:]
    return framed[..., 1 - down : 1 - down + height, 1 - right : 1 - right + width]


def test_code_and_layer_give_the_output_that_is_shown():
    rng = np.random.default_rng(0)
    explorer = PoolingExplorer()
    for _ in range(300):
        setting = random_setting(rng)
        explorer.set(**setting)
        x = torch.from_numpy(explorer.input.copy()).reshape(-1, *explorer.input.shape[-2:])
        if explorer.code.startswith("nn."):
            expected = eval(explorer.code)(x)
            assert torch.equal(explorer.layer(x), expected)
        else:
            assert explorer.layer is None
            expected = eval(explorer.code)
        expected = expected.reshape(explorer.output.shape)
        np.testing.assert_allclose(explorer.output, expected, rtol=1e-12, err_msg=explorer.code)
        moved = shifted_by_torch(torch.from_numpy(explorer.input.copy()), setting)
        assert np.array_equal(explorer.shifted_input, moved)
        same = PoolingExplorer(**setting | {"input": moved.numpy()})
        assert np.array_equal(explorer.shifted_output, same.output)
        same.close()
    explorer.close()


def test_figure_9_8_of_deep_learning():
    explorer = PoolingExplorer.case("detector")
    assert explorer.input.tolist() == [[0.1, 1, 0.2, 0.1]]
    assert explorer.output.tolist() == [[1, 1, 1, 0.2]]
    assert explorer.shifted_input.tolist() == [[0.3, 0.1, 1, 0.2]]
    assert explorer.shifted_output.tolist() == [[0.3, 1, 1, 1]]
    assert explorer.changed == (1.0, 0.5)
    assert explorer.code == "nn.MaxPool2d(kernel_size=(1, 3), stride=1, padding=(0, 1))"


def test_figures_1_5_and_1_6_of_the_guide():
    explorer = PoolingExplorer.case("3×3 with stride 1")
    assert explorer.output.tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    explorer.pooling = "average"
    assert explorer.output.round(1).tolist() == [[1.7, 1.7, 1.7], [1.0, 1.2, 1.8], [1.1, 0.8, 1.3]]


def test_a_checkerboard_is_grey_to_an_average_and_aliased_by_every_second_pixel():
    board = PoolingExplorer.case("checkerboard")
    assert set(board.output.flatten()) == set(board.shifted_output.flatten()) == {0.5}
    assert board.changed == (1.0, 0.0)
    second = PoolingExplorer.case("every second pixel")
    assert set(second.output.flatten()) == {0} and set(second.shifted_output.flatten()) == {1}
    assert second.changed == (1.0, 1.0)


def test_the_default_by_hand():
    explorer = PoolingExplorer()
    assert explorer.output.tolist() == [[3, 3], [3, 2]]
    assert explorer.shifted_input[0].tolist() == [0, 3, 3, 2, 1]
    assert explorer.changed == (17 / 25, 0.0)
    explorer.ceil_mode = True
    assert explorer.output.tolist() == [[3, 3, 1], [3, 2, 3], [2, 0, 1]]
    explorer.set(pooling="median", ceil_mode=False)
    assert explorer.output.tolist() == [[1.5, 1.5], [1.5, 2]]


def test_rounding_is_no_change():
    explorer = PoolingExplorer(
        input=[[0.1, 0.2, 0.3]], kernel_size=(1, 3), pooling="average", wrap=True, shift=(0, -1)
    )
    assert explorer.output[0, 0] != explorer.shifted_output[0, 0]  # the same three in two orders
    assert explorer.changed == (1.0, 0.0)


@pytest.mark.parametrize("name", POOLING_CASES)
def test_every_case_can_be_made_and_chosen(name):
    explorer = PoolingExplorer.case(name)
    other = PoolingExplorer.case("detector")
    other.set(**POOLING_CASES[name])
    assert explorer.input.tolist() == other.input.tolist()
    assert explorer.code == other.code
    small = PoolingExplorer.case(name, shift=(1, 0))
    assert small.shift == (1, 0)


def test_a_case_that_is_not_about_its_shift_keeps_the_one_on_show():
    explorer = PoolingExplorer(shift=(0, 0))
    for name, case in POOLING_CASES.items():
        explorer.set(shift=(0, 0))
        explorer.set(**case)
        assert explorer.shift == ((0, 1) if name == "detector" else (0, 0)), name
    assert PoolingExplorer.case("ramp").shift == (0, 1) == PoolingExplorer().shift


def test_the_first_case_is_the_default():
    explorer = PoolingExplorer()
    for name, value in next(iter(POOLING_CASES.values())).items():
        now = getattr(explorer, name)
        assert np.array_equal(now, value) if name == "input" else now == value, name


# -- refusals ------------------------------------------------------------------------------------

REFUSALS = [
    (dict(padding=2), "PoolingExplorer keeps its padding. pool_output_size: along the height, "
     "padding 2 is more than half of the kernel of 2. Use padding ≤ 1 or kernel_size ≥ 4."),
    (dict(kernel_size=6), "PoolingExplorer keeps its kernel_size. pool_output_size: along the "
     "height, a kernel of 6 covers 6 pixels, but the padded input has 5 (5 + 2·0). Use padding ≥ 1 "
     "or a smaller kernel."),
    (dict(kernel_size=13), "PoolingExplorer draws kernel_size up to 12, got 13."),
    (dict(stride=13), "PoolingExplorer draws stride up to 12, got 13."),
    (dict(stride=0), "stride: expected an int of at least 1"),
    (dict(padding=1, pooling="median"), "PyTorch has no padding for median pooling, got padding=1. "
     "Use padding=0, both in one step: widget.set(pooling='median', padding=0)."),
    (dict(padding=1, pooling="L2"), "widget.set(pooling='L2', padding=0)."),
    (dict(pooling="sum"), "pooling"),
    (dict(shift=(0, 2)), "PoolingExplorer.shift: expected (rows down, columns right), whole "
     "numbers from −1 to 1, such as (0, 1); got (0, 2)."),
    (dict(shift=1), "from −1 to 1, such as (0, 1); got 1."),
    (dict(shift=(True, 0)), "got (True, 0)."),
    (dict(entering=float("nan")), "PoolingExplorer.entering: expected a finite number, got nan."),
    (dict(input=np.zeros((13, 2))), "PoolingExplorer draws at most 12 rows or columns, got 13. "
     "For larger inputs there are helpers.max_pool2d and helpers.avg_pool2d."),
    (dict(input=np.zeros((5, 3, 3))), "PoolingExplorer draws at most 4 channels, got 5."),
    (dict(position=(2, 0)), "PoolingExplorer.position: the output is 2×2, so rows end at 1 and "
     "columns at 1; got (2, 0)."),
    (dict(channel=True), "PoolingExplorer.channel: expected an int of at least 0, got True."),
    (dict(channel=1), "PoolingExplorer.channel: the input has 1, counted from 0 to 0; got 1."),
    (dict(pinned={"grid": "kernel", "channel": 0, "cell": [0, 0]}), "PoolingExplorer.pinned: "
     "expected None or a cell that is there, such as {'grid': 'input', 'channel': 0, "
     "'cell': [2, 1]}"),
    (dict(pinned={"grid": "shifted_output", "channel": 0, "cell": [2, 0]}), "pinned"),
    (dict(pinned={"grid": "input", "channel": 0, "cell": [True, 0]}), "pinned"),
    # the cause, not the setting that could not be looked at for it
    (dict(position=(1, 1), padding=3), "PoolingExplorer keeps its padding. pool_output_size"),
    (dict(position=(1, 1), kernel_size=9), "PoolingExplorer keeps its kernel_size. pool_output_"),
    (dict(pinned={"grid": "output", "channel": 0, "cell": [1, 1]}, padding=3), "keeps its padding"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "text"), REFUSALS)
def test_a_refusal_teaches_and_changes_nothing(settings, text):
    explorer = PoolingExplorer()
    names = [name for name in (*PoolingExplorer.resets, "large") if name != "input"]
    before = [getattr(explorer, name) for name in names], explorer.input.tolist()
    with pytest.raises(ValueError, match=re.escape(text)):
        explorer.set(**settings)
    assert ([getattr(explorer, name) for name in names], explorer.input.tolist()) == before
    with pytest.raises(ValueError, match=re.escape(text)):
        PoolingExplorer(**settings)


def test_an_unknown_case_names_those_that_there_are():
    text = "no case 'figure'. There are: worked example, 3×3 with stri"
    with pytest.raises(ValueError, match=text):
        PoolingExplorer.case("figure")


def test_what_is_lost_with_a_smaller_output_is_let_go():
    pinned = {"grid": "output", "channel": 2, "cell": [3, 3]}
    explorer = PoolingExplorer(
        input=np.zeros((3, 8, 8)), position=(3, 3), channel=2, pinned=pinned
    )
    explorer.kernel_size = 4
    assert (explorer.position, explorer.channel, explorer.pinned) == ((1, 1), 2, None)
    explorer.set(input=np.zeros((4, 4)))
    assert (explorer.position, explorer.channel) == ((0, 0), 0)


def test_what_the_page_sends_is_checked_as_well():
    explorer = PoolingExplorer()
    explorer.set_state({"kernel_size": [2, 3], "stride": 1, "shift": [-1, 1], "channel": 0})
    assert (explorer.kernel_size, explorer.stride, explorer.shift) == ((2, 3), 1, (-1, 1))
    with pytest.raises(ValueError):
        explorer.set_state({"padding": 4})
    explorer.set_state({"stride": None})
    assert explorer.stride is None
    explorer.set_state(explorer._initial)
    assert (explorer.kernel_size, explorer.shift) == (2, (0, 1))


def test_repr_and_saved_output_are_a_sentence():
    explorer = PoolingExplorer()
    sentence = (
        "PoolingExplorer: max pooling, 5×5 → 2×2; nn.MaxPool2d(kernel_size=2). "
        "A shift by (0, 1) changes 17 of 25 values before and 0 of 4 after it."
    )
    assert repr(explorer) == sentence
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    text = f"[{sentence} Open the notebook in JupyterLab and run this cell to use it.]"
    assert data["text/plain"] == text
    explorer.shift = (0, 0)
    assert repr(explorer) == sentence[: sentence.index(" A shift")]


def test_closed_widgets_leave_nothing_behind():
    def alive():
        gc.collect()
        return sum(isinstance(thing, PoolingExplorer) for thing in gc.get_objects())

    registered, living = len(registry._instances), alive()
    for _ in range(200):
        PoolingExplorer().close()
    assert (len(registry._instances), alive()) == (registered, living)
