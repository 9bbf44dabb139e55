"""What the widgets write and paint: formulas, lines of PyTorch, numbers, and colours that can be read."""

import colorsys
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import helpers.widgets
from helpers.widgets import ConvolutionExplorer
from tests.browser.oracle import (
    javascript,  # noqa: F401 (a fixture)
    legal_layers,
    reads,
)

# -- formula.js ----------------------------------------------------------------------------------


def test_the_line_of_pytorch_is_pythons_and_makes_the_layer(javascript):
    rng = np.random.default_rng(40)
    cases = []
    for layer in legal_layers(rng, 500):
        in_channels, out_channels = rng.integers(1, 4, 2).tolist()
        cases.append(layer | dict(in_channels=in_channels, out_channels=out_channels, bias=bool(rng.integers(2))))
    explorer = ConvolutionExplorer()
    for case, call in zip(cases, javascript("torchCall from formula", "torchCall(c)", cases)):
        channels = case["out_channels"], case["in_channels"]
        explorer.set(
            input=np.ones((case["in_channels"], *case["size"])),
            kernel=np.ones((*channels, *case["kernel_size"])),
            bias=[0.0] * (channels[0] - 1) + [float(case["bias"])],
            **{name: tuple(case[name]) for name in ("stride", "padding", "dilation")},
            padding_mode=case["padding_mode"],
        )
        assert explorer.code == call
        made = eval(call, {"nn": nn})
        for name in ("kernel_size", "stride", "padding", "dilation"):
            assert getattr(made, name) == tuple(case[name]), call
        for name in ("in_channels", "out_channels", "padding_mode"):
            assert getattr(made, name) == case[name], call
        assert (made.bias is not None) == case["bias"]
    explorer.close()


def test_defaults_are_left_out_of_the_line(javascript):
    plain = dict(in_channels=1, out_channels=2, kernel_size=[3, 3], stride=[1, 1], padding=[0, 0], dilation=[1, 1])
    plain |= dict(padding_mode="zeros", bias=True)
    other = plain | dict(kernel_size=[3, 5], stride=[2, 2], padding=[0, 1], dilation=[1, 3], padding_mode="reflect", bias=False)
    assert javascript("torchCall from formula", "torchCall(c)", [plain, other]) == [
        "nn.Conv2d(1, 2, kernel_size=3)",
        'nn.Conv2d(1, 2, kernel_size=(3, 5), stride=2, padding=(0, 1), dilation=(1, 3), bias=False, padding_mode="reflect")',
    ]


PYTHON = str.maketrans({"⌊": "floor(", "⌋": ")", "·": "*", "−": "-"})


def test_every_step_of_the_size_formula_is_right(javascript):
    rng = np.random.default_rng(41)
    cases = legal_layers(rng, 500)
    for layer, axes in zip(cases, javascript("sizeLines from formula", "sizeLines(c)", cases)):
        shape = reads(layer).shape[1:]
        names, lines = zip(*(line.split(" = ", 1) for line in axes))
        assert names in (("output size",), ("height", "width"))
        for axis, line in enumerate(lines if len(lines) == 2 else lines * 2):
            formula, *steps = line.split(" = ")
            i, k, s, p, d = (layer[name][axis] for name in ("size", "kernel_size", "stride", "padding", "dilation"))
            assert formula == f"⌊({i} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1"
            assert len(steps) == 3 and steps[-1] == str(shape[axis])
            for step in (formula, *steps):
                assert eval(step.translate(PYTHON), {"floor": math.floor}) == shape[axis], line


# -- convolution_explorer/text.js --------------------------------------------------------------------------------


def test_the_setting_that_has_come_to_its_end_is_told_the_one_that_moved_first(javascript):
    layer = dict(stride=[1, 1], padding=[2, 1], dilation=[3, 3])
    limits = {
        "stride": {"min": 1, "max": 4, "why": "stride ends", "whyMin": None},
        "padding": {"min": 0, "max": 2, "why": "padding ends at 2", "whyMin": None},
        "dilation": {"min": 3, "max": 9, "why": "dilation ends", "whyMin": "dilation begins at 3"},
    }
    firsts = [None, "padding", "dilation", "stride", "output_padding"]
    cases = [[layer, limits, first] for first in firsts]
    first, second = "padding ends at 2.", "dilation begins at 3."
    assert javascript("bindingLimit from arithmetic", "bindingLimit(...c)", cases) == [
        first, first, second, first, first,
    ]  # fmt: skip
    free = [[layer | dict(padding=[1, 1], dilation=[4, 4]), limits, name] for name in firsts]
    assert javascript("bindingLimit from arithmetic", "bindingLimit(...c)", free) == [None] * len(free)


# -- numbers.js ----------------------------------------------------------------------------------


def test_a_written_number_reads_back_as_nearly_itself(javascript):
    rng = np.random.default_rng(50)
    values = rng.normal(size=4000) * 10.0 ** rng.integers(-12, 9, 4000)
    values = [*values.tolist(), 0, -1, 0.5, 1e5, -99999.96, 99.996, 0.00499999, 5e-324, 1e300]
    cases = [{"v": v, "digits": digits} for v in values for digits in (1, 2, 4)]
    script = "{ text: format(c.v, c.digits), read: parse(format(c.v, c.digits)) }"
    for case, answer in zip(cases, javascript("format, parse from numbers", script, cases)):
        size, text = abs(case["v"]), answer["text"]
        unit = 10.0 ** -case["digits"] if size < 100 else 0.1
        allowed = 0.051 * size if "e" in text else 0.501 * unit
        assert abs(answer["read"] - case["v"]) <= allowed, (case, answer)
        assert "-" not in text and not re.search(r"\.\d*0$", text), text  # a true minus; no idle zeros
        assert len(text) <= 8, text


def test_what_people_type_is_a_number_or_nothing(javascript):
    numbers = {
        "3": 3, " −3 ": -3, "-3": -3, "+.5": 0.5, "1,5": 1.5, "2e3": 2000, "1e−2": 0.01, "1/9": 1 / 9, "−1 / 16": -1 / 16
    }  # fmt: skip
    others = ["", "-", "three", "1/0", "0/0", "1/2/3", "1.2.3", "1e400", "1/1e-320", "0x10", "Infinity", "+-3", "1 2"]
    assert javascript("parse from numbers", "parse(c)", list(numbers)) == list(numbers.values())
    # as JSON has no infinity, tell null from all other values
    assert javascript("parse from numbers", "parse(c) === null", others) == [True] * len(others)


def test_signs_are_written_as_in_a_sum(javascript):
    script = "[signed(c), factor(c), format(c)]"
    assert javascript("signed, factor, format from numbers", script, [2, -2, 0, -0.25]) == [
        ["+ 2", "2", "2"], ["− 2", "(−2)", "−2"], ["+ 0", "0", "0"], ["− 0.25", "(−0.25)", "−0.25"],
    ]  # fmt: skip


def test_shared_words_and_numbers(javascript):
    numbers = [0, 999, 61706, 10**8, 1e22]
    assert javascript("grouped from numbers", "grouped(c)", numbers) == [f"{int(n):,}" for n in numbers]
    script = '[plural(c, "row"), times([c, 2]), range(c), range(c, 5)]'
    assert javascript("plural, times, range from numbers", script, [0, 1, 3, -1]) == [
        ["0 rows", "0×2", [], []], ["1 row", "1×2", [0], [5]], ["3 rows", "3×2", [0, 1, 2], [5, 6, 7]],
        ["-1 rows", "-1×2", [], []],
    ]  # fmt: skip
    pairs = [list(pair) for pair in itertools.product(range(1, 25), repeat=2)] + [[0, 7], [7, 0]]
    assert javascript("gcd from numbers", "gcd(...c)", pairs) == [math.gcd(*pair) for pair in pairs]


@pytest.mark.parametrize("word", ["gcd", "range", "plural", "times", "grouped"])
def test_a_shared_word_has_one_meaning_in_the_widgets_of_layers_and_channels(word):
    folder = Path(helpers.widgets.__file__).parent
    files = [file for file in folder.rglob("*.js") if file.name != "numbers.js"]
    assert len(files) > 12
    own = re.compile(rf"^(export )?(const|function) {word}\b", re.MULTILINE)
    assert [file.name for file in files if own.search(file.read_text(encoding="utf-8"))] == []


# -- colors.js -----------------------------------------------------------------------------------


def contrast(a, b):
    """Of two colours in 0..255, as WCAG 2.1 defines it."""

    def luminance(rgb):
        rgb = np.asarray(rgb) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    a, b = luminance(a), luminance(b)
    return np.maximum(a, b) / np.minimum(a, b)


INK = {"#000": [0, 0, 0], "#fff": [255, 255, 255]}


def test_ink_can_be_read_on_any_colour(javascript):
    colors = np.random.default_rng(60).integers(0, 256, (20000, 3)).tolist()
    colors += [[v, v, v] for v in range(256)]
    inks = javascript("inkOn from colors", "inkOn(c)", colors)
    assert set(inks) == set(INK)
    assert contrast(colors, [INK[ink] for ink in inks]).min() >= 4.5


def test_numbers_can_be_read_in_every_cell(javascript):
    rng = np.random.default_rng(61)
    cases = [(rng.normal(size=25) * 10.0 ** rng.integers(-6, 7)).tolist() for _ in range(200)]
    cases += [np.abs(case).tolist() for case in cases] + [[0] * 4, [-1] * 4, [5] * 4, [1e-300, -1e300], [0, 5e-324]]
    cells = javascript(
        "ROLE, scaleFor, muted, inkOn, css from colors",
        """Object.keys(ROLE).flatMap((role) => c.map(scaleFor(c, role)).flatMap((rgb) => [rgb, muted(rgb)]))
            .map((rgb) => [css(rgb), inkOn(rgb)])""",
        cases,
    )
    colors, inks = zip(*itertools.chain(*cells))
    colors = [[int(v) for v in re.findall(r"\d+", color)] for color in colors]
    assert len(colors) == 8 * sum(map(len, cases))
    assert contrast(colors, [INK[ink] for ink in inks]).min() >= 4.5


def test_black_can_be_read_on_every_colour_of_a_weight(javascript):
    cases = [[n, count] for count in (1, 2, 4, 9, 25, 49, 147, 196) for n in range(count)]
    for name, color in zip(cases, javascript("weightColor from colors", "weightColor(...c)", cases)):
        hue, saturation, lightness = map(float, re.fullmatch(r"hsl\((\d+) (\d+)% (\d+)%\)", color).groups())
        rgb = 255 * np.array(colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100))
        assert contrast(rgb, INK["#000"]) >= 4.5, name


def test_the_weights_of_one_kernel_have_different_colours(javascript):
    for colors in javascript("weightColor from colors", "Array.from({ length: c }, (_, n) => weightColor(n, c))", [1, 4, 9, 25, 49]):
        assert len(set(colors)) == len(colors)


def test_contrast_is_as_wcag_defines_it(javascript):
    pairs = np.random.default_rng(62).integers(0, 256, (500, 2, 3)).tolist()
    answers = javascript("contrast from colors", "contrast(...c)", [*pairs, [[0, 0, 0], [255, 255, 255]]])
    assert np.allclose(answers[:-1], [contrast(a, b) for a, b in pairs], rtol=1e-9)
    assert answers[-1] == pytest.approx(21)


def test_zero_is_white_and_signs_are_blue_and_red(javascript):
    cases = [[-2, 0, 1], [-1e-3, 0, 1e-3]]
    for below, zero, above in javascript("scaleFor from colors", 'c.map(scaleFor(c, "input"))', cases):
        assert zero == pytest.approx([247] * 3)
        assert below[2] > below[0] and above[0] > above[2]


def test_in_a_picture_exact_black_and_white_are_never_taken_for_values_outside(javascript):
    script = """(({ low, high }) => {
        const table = tableFor({ kind: "picture", low, high });
        return [0, 1].map((v) => [...table.slice(3 * Math.round((511 * (v - low)) / (high - low))).slice(0, 3)]);
    })(c)"""
    scales = [dict(low=-low / 97, high=1 + high / 89) for low in range(1, 60, 3) for high in range(1, 60, 7)]
    for black, white in javascript("tableFor from colors", script, scales):
        assert max(black) < 4 and len(set(black)) == 1, black
        assert min(white) > 251 and len(set(white)) == 1, white
