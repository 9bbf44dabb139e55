"""The named cases of the guide, and which settings give a wanted size: ArithmeticExplorer against hand and PyTorch."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from helpers import conv_output_size, conv_transpose_output_size
from helpers.widgets import ArithmeticExplorer
from helpers.widgets.arithmetic_cases import NAMED_CASES
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_arithmetic_explorer import SIZES, through_the_layer
from tests.test_widgets import nothing_stays  # noqa: F401 (a fixture)

# i, k, p, s, d → o, as the syllabus has them
CONVOLUTIONS = {
    "no padding": (4, 3, 0, 1, 1, 2),
    "arbitrary padding": (5, 4, 2, 1, 1, 6),
    "half (same)": (5, 3, 1, 1, 1, 5),
    "full": (5, 3, 2, 1, 1, 7),
    "strides": (5, 3, 0, 2, 1, 2),
    "padding and strides": (5, 3, 1, 2, 1, 3),
    "odd": (6, 3, 1, 2, 1, 3),
    "dilation": (7, 3, 0, 1, 2, 3),
}
# i, k, p, s, d, output_padding → o
TRANSPOSED = {
    "no padding, transposed": (2, 3, 0, 1, 1, 0, 4),
    "arbitrary padding, transposed": (6, 4, 2, 1, 1, 0, 5),
    "half (same), transposed": (5, 3, 1, 1, 1, 0, 5),
    "full, transposed": (7, 3, 2, 1, 1, 0, 5),
    "strides, transposed": (2, 3, 0, 2, 1, 0, 5),
    "padding and strides, transposed": (3, 3, 1, 2, 1, 0, 5),
    "odd, transposed": (3, 3, 1, 2, 1, 1, 6),
    "dilation, transposed": (3, 3, 0, 1, 2, 0, 7),
    "checkerboard": (6, 3, 0, 2, 1, 0, 13),
    "even overlap": (6, 4, 1, 2, 1, 0, 12),
}


# -- the named cases -----------------------------------------------------------------------------


def test_every_named_case_is_in_the_tables_of_this_file():
    assert list(NAMED_CASES) == [*CONVOLUTIONS, *TRANSPOSED]


@pytest.mark.parametrize("name", NAMED_CASES)
def test_a_named_case_has_the_syllabus_sizes_in_the_widget_in_shapes_and_in_pytorch(name):
    transposed = name in TRANSPOSED
    i, k, p, s, d, *rest, o = (TRANSPOSED if transposed else CONVOLUTIONS)[name]
    explorer = ArithmeticExplorer.case(name)
    assert [getattr(explorer, setting) for setting in SIZES] == [i, k, s, p, d, *(rest or [0])]
    assert (explorer.transposed, explorer.padding_mode) == (transposed, "zeros")
    assert explorer.output_size == explorer.output.shape == through_the_layer(explorer).shape == (o, o)
    assert isinstance(explorer.layer, nn.ConvTranspose2d if transposed else nn.Conv2d)
    if transposed:
        assert conv_transpose_output_size(i, k, s, p, *rest, d) == o
    else:
        assert conv_output_size(i, k, s, p, d) == o


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_transposed_case_leads_back_to_the_shape_of_its_convolution(name):
    there, back = ArithmeticExplorer.case(name), ArithmeticExplorer.case(f"{name}, transposed")
    assert there.output_size == (back.input_size,) * 2 and back.output_size == (there.input_size,) * 2
    assert all(getattr(there, setting) == getattr(back, setting) for setting in SIZES[1:5])


def test_the_checkerboard_counts_are_those_of_the_syllabus():
    counts = [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]
    assert ArithmeticExplorer.case("checkerboard").output.tolist() == np.outer(counts, counts).tolist()
    assert (ArithmeticExplorer.case("even overlap").output[1:-1, 1:-1] == 4).all()


def test_a_case_takes_other_settings_on_top_and_names_the_cases_it_has():
    assert ArithmeticExplorer.case("odd", view="matrix", dilation=2).output_size == (2, 2)
    with pytest.raises(ValueError) as refusal:
        ArithmeticExplorer.case("valid")
    assert str(refusal.value).startswith("ArithmeticExplorer.case: no case 'valid'. There are: no padding, arb")
    assert str(refusal.value).endswith("checkerboard, even overlap.")


# -- which settings give this size? --------------------------------------------------------------


def by_trying(explorer):
    """Every setting along the width that PyTorch accepts and that changes something."""
    names = SIZES[1:] if explorer.transposed else SIZES[1:5]
    ends = {"kernel_size": (1, 7), "stride": (1, 4), "padding": (0, 6), "dilation": (1, 4), "output_padding": (0, 3)}
    width = np.broadcast_to(explorer.input_size, 2)[1]
    x = torch.zeros(1, 1, int(width), dtype=torch.float64)
    tried = []
    for values in itertools.product(*(
        [int(np.broadcast_to(getattr(explorer, name), 2)[1])] if name in explorer.fixed
        else range(ends[name][0], ends[name][1] + 1) for name in names
    )):  # fmt: skip
        settings = dict(zip(names, values))
        kind = nn.ConvTranspose1d if explorer.transposed else nn.Conv1d
        try:
            with torch.no_grad():
                size = kind(
                    1, 1, bias=False, dtype=torch.float64, padding_mode=explorer.padding_mode, **settings
                )(x).shape[-1]
        except RuntimeError:
            continue
        kernels = width if explorer.transposed else size  # between one alone there is no stride
        idle = {"stride": kernels == 1, "dilation": settings["kernel_size"] == 1}
        if size == explorer.wanted and not any(
            nothing and settings[name] > 1 and name not in explorer.fixed for name, nothing in idle.items()
        ):
            tried.append(settings)
    return tried


@pytest.mark.parametrize(
    "settings",
    [
        dict(wanted=3),
        dict(wanted=2, input_size=(9, 6), fixed=["dilation", "padding"], padding=(1, 2)),
        dict(wanted=5, input_size=3, kernel_size=2, padding_mode="reflect", fixed=[]),
        dict(wanted=4, input_size=3, kernel_size=2, padding_mode="circular", fixed=["stride"]),
        dict(wanted=6, input_size=3, transposed=True),
        dict(wanted=10, input_size=5, transposed=True, stride=2, fixed=["stride", "dilation"]),
        dict(wanted=32, input_size=1, kernel_size=1, fixed=[]),
        dict(wanted=1, input_size=4, fixed=["padding"]),
        dict(wanted=1, input_size=4, kernel_size=1, stride=4, fixed=["stride", "kernel_size"]),
        dict(wanted=3, input_size=1, transposed=True, fixed=[]),
        dict(wanted=2, input_size=2, padding=5, stride=3, fixed=["padding"]),
    ],
)
def test_the_solutions_are_what_pytorch_gives_for_every_setting(settings):
    explorer = ArithmeticExplorer(**settings)
    key = lambda found: sorted(found.items())  # noqa: E731
    expected = by_trying(explorer)
    assert sorted(explorer.solutions, key=key) == sorted(expected, key=key)
    assert bool(expected) == (explorer.wanted != 32)


def test_without_a_wanted_size_there_is_nothing_to_solve():
    assert ArithmeticExplorer().solutions == []
