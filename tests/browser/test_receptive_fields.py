"""js/receptive_fields.js against PyTorch's gradients, and against the same rules in Python."""

import random

import pytest

from helpers.widgets import field_layers as rules
from helpers.widgets.field_cases import FIELD_CASES
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.random_stacks import draw_stack, seen

FIELDS = "{} from receptive_fields"


def drawn(seed, count, depth=5):
    rng = random.Random(seed)
    return [draw_stack(rng, depth) for _ in range(count)], rng


def test_a_stack_is_refused_where_pytorch_refuses_it_and_sees_what_its_gradients_say(javascript):
    stacks, rng = drawn(0, 5000)
    cases, expected = [], []
    for layers, size in stacks:
        try:
            sizes, unit, pixels = seen(layers, size, rng.randrange)
        except RuntimeError:
            sizes, unit, pixels = None, 0, None
        cases.append({"layers": layers, "size": size, "unit": unit})
        expected.append([sizes, pixels])
    answers = javascript(
        FIELDS.format("mapSizes, trace"),
        """(() => {
            const { sizes, wrong } = mapSizes(c.layers, [c.size, c.size]);
            if (wrong) return [null, null];
            const along = sizes.map((both) => both[1]);
            return [along, trace(c.layers, c.layers.length, c.unit, along)[0]];
        })()""",
        cases,
    )
    for case, answer, wanted in zip(cases, answers, expected):
        assert answer == wanted, case
    legal = sum(sizes is not None for sizes, _ in expected)
    assert legal > 3000 and legal < 4900
    assert sum(len(p) < p[-1] - p[0] + 1 for _, p in expected if p) > 300  # holes
    assert sum(p == [] for _, p in expected) > 20  # units that read nothing but padding


def test_the_law_is_what_units_far_from_the_borders_see(javascript):
    stacks, rng = drawn(1, 2500, depth=4)
    size, margin = 400, 80
    cases = [{"layers": layers, "share": rng.random()} for layers, _ in stacks]
    answers = javascript(
        FIELDS.format("refusal, mapSizes, fieldLaws, ends, trace"),
        f"""(() => {{
            if (refusal(c.layers, [{size}, {size}])) return null;
            const at = mapSizes(c.layers, [{size}, {size}]).sizes.at(-1)[0];
            const unit = Math.floor(at * (0.4 + 0.2 * c.share));
            const law = fieldLaws(c.layers).laws.at(-1);
            const pixels = trace(c.layers, c.layers.length, unit)[0];
            return {{ unit, ends: ends(law, unit), pixels, period: law.ends.length }};
        }})()""",
        cases,
    )
    compared = 0
    for case, answer in zip(cases, answers):
        if answer is None:
            continue
        unit, pixels = answer["unit"], answer["pixels"]
        if pixels and not margin < pixels[0] <= pixels[-1] < size - margin:
            continue
        assert seen(case["layers"], size, lambda _: unit)[2] == pixels, case
        assert answer["ends"] == ([pixels[0], pixels[-1]] if pixels else None), case
        compared += 1
    assert compared > 1000
    assert sum(bool(a) and a["period"] > 1 for a in answers) > 200


def test_page_and_python_have_the_same_rules(javascript):
    stacks, _ = drawn(2, 3000, depth=6)
    cases = [{"layers": layers, "size": size} for layers, size in stacks]
    answers = javascript(
        FIELDS.format("refusal, mapSizes, fieldLaws"),
        """(() => {
            const wrong = refusal(c.layers, [c.size, c.size]);
            if (wrong) return [wrong.layer];
            const sizes = mapSizes(c.layers, [c.size, c.size]).sizes.map(([h]) => h);
            const { laws } = fieldLaws(c.layers);
            const all = laws.slice(1).map((l) => [l.stride, l.ends]);
            return [sizes.slice(1), all];
        })()""",
        cases,
    )
    for (layers, size), answer in zip(stacks, answers):
        assert _in_python(layers, size) == answer, (layers, size)
    assert sum(len(a) == 2 for a in answers) > 1500


def _in_python(layers, size):
    layers = rules.checked(layers, "layers")
    try:
        sizes = [h for h, _ in rules.map_sizes(layers, (size, size))]
        laws = rules.laws(layers)
    except ValueError as error:
        named = str(error).split()[1]
        return [int(named)]
    ends = [[list(e) if e else None for e in each.ends] for each in laws]
    strides = [[each.stride.numerator, each.stride.denominator] for each in laws]
    return [sizes, [list(pair) for pair in zip(strides, ends)]]


def test_a_layer_sees_nothing_new_if_a_unit_before_it_sees_the_whole_input(javascript):
    stacks, rng = drawn(3, 1500, depth=6)
    cases, expected = [], []
    for layers, _ in stacks:
        size = [rng.choice([8, 9, 13]), rng.choice([8, 11])]
        try:
            layers = rules.checked(layers, "layers")
            sizes, laws = rules.map_sizes(layers, size), rules.laws(layers)
        except ValueError:
            continue
        cases.append({"layers": layers, "size": size})
        whole = [[_sees_all(law, n, of) for n, of in zip(at, size)] for law, at in zip(laws, sizes)]
        expected.append([False, *map(all, whole[:-1])])
    answers = javascript(
        FIELDS.format("mapSizes, fieldLaws, seesNothingNew"),
        "seesNothingNew(fieldLaws(c.layers).laws, mapSizes(c.layers, c.size).sizes)",
        cases,
    )
    assert answers == expected
    assert len(cases) > 700 and sum(map(any, expected)) > 100


def _sees_all(law, count, size):
    seen = filter(None, map(law, range(count)))
    return any(first <= 0 and last >= size - 1 for first, last in seen)


def test_page_and_python_know_the_same_layers_and_limits(javascript):
    (kinds, most), = javascript(FIELDS.format("KINDS, MOST"), "[KINDS, MOST]", [0])
    assert kinds == {kind: list(known) for kind, known in rules.KINDS.items()}
    assert most == rules.MOST


@pytest.mark.parametrize("name", FIELD_CASES)
def test_a_network_sees_what_its_gradients_say(javascript, name):
    layers = rules.checked(FIELD_CASES[name]["layers"], name)
    size = 256
    sizes, _, _ = seen(layers, size, lambda _: 0)
    units = sorted({0, sizes[-1] // 2, sizes[-1] // 3, sizes[-1] - 1})
    answers = javascript(
        FIELDS.format("trace"), "trace(c.layers, c.layers.length, c.unit, c.sizes)[0]",
        [{"layers": layers, "unit": unit, "sizes": sizes} for unit in units],
    )  # fmt: skip
    assert answers == [seen(layers, size, lambda _, unit=unit: unit)[2] for unit in units]


def test_skips_that_no_longer_fit_are_let_go(javascript):
    conv = {"type": "conv", "kernel_size": 3}
    stack = [conv | {"padding": 1}, conv | {"skip": -1}]
    fine = [stack[0], stack[1] | {"padding": 1}]
    expression = "withoutBrokenSkips(c, [8, 8])"
    assert javascript(FIELDS.format("withoutBrokenSkips"), expression, [stack, fine]) == [
        {"layers": [stack[0], {"type": "conv", "kernel_size": 3}], "lost": 1},
        {"layers": fine, "lost": 0},
    ]
