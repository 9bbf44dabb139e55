"""The U-Net in JavaScript: sizes, costs, cures and code are those of Python and PyTorch; fields those of gradients."""

import json

import numpy as np
import torch

from helpers import UNetExplorer, count_parameters, receptive_field, summarize, unet_sizes
from helpers.models import UNet
from helpers.widgets.unet_parts import UNET_CASES
from tests.browser.oracle import javascript  # noqa: F401 (a fixture)
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.random_unets import draw_unet, model_of

READ = """(() => {
    const net = readUNet(c);
    const { parameters, multiplications, output, stop, cures } = net;
    return { parameters, multiplications, output, stop, cures, sizes: levelSizes(net), code: unetCode(c),
             nodes: net.nodes.map(({ name, size, channels }) => [name, size && [channels, ...size]]) };
})()"""
NAMES = "readUNet, levelSizes, unetCode from unet_explorer/graph"


def ask(javascript, cases):
    return zip(cases, javascript(NAMES, READ, cases))


def sizes_of(settings):
    """unet_sizes in pairs; None where it refuses."""
    try:
        return [list(s) for s in unet_sizes(tuple(settings["input_size"]), settings["depth"], settings["padding"], settings["up"])]
    except ValueError:
        return None


def test_sizes_costs_and_code_of_random_networks_are_pythons_and_pytorchs(javascript):
    rng = np.random.default_rng(0)
    fitting = 0
    for settings, answer in ask(javascript, [draw_unet(rng) for _ in range(120)]):
        model, sizes = model_of(settings), sizes_of(settings)
        assert answer["sizes"] == sizes
        assert answer["parameters"] == count_parameters(model)
        made = eval(answer["code"], {"UNet": UNet})
        assert repr(made) == repr(model) and made.skip == model.skip and made.padding_mode == model.padding_mode
        assert (answer["stop"] is None) == (sizes is not None)
        if sizes is None:
            assert answer["multiplications"] is None is answer["output"]
            continue
        fitting += 1
        shape = (settings["in_channels"], *settings["input_size"])
        assert answer["multiplications"] == summarize(model, shape).multiplications
        with torch.no_grad():
            assert list(model(torch.zeros(1, *shape)).shape[2:]) == answer["output"]
    assert 60 < fitting < 120


def test_every_map_of_the_picture_is_the_networks(javascript):
    rng = np.random.default_rng(1)
    for settings, answer in ask(javascript, [draw_unet(rng, fitting=1) for _ in range(40)]):
        x = np.zeros((settings["in_channels"], *settings["input_size"]), np.float32)
        explorer = UNetExplorer(model_of(settings), x)
        assert answer["nodes"] == [[name, list(maps.shape)] for name, maps in explorer.maps.items()]
        explorer.close()


def test_the_cures_are_the_nearest_sizes_that_fit(javascript):
    rng = np.random.default_rng(2)
    cases = [draw_unet(rng, fitting=0) for _ in range(80)] + [UNET_CASES["721×1440: does not divide"]]
    found = 0
    for settings, answer in ask(javascript, cases):
        if answer["cures"] is None:
            continue
        found += 1
        for axis, side in enumerate(settings["input_size"]):
            def fits(n):
                return sizes_of({**settings, "input_size": (n, n)}) is not None
            pad = answer["cures"]["pad"][axis]
            assert fits(pad) and not any(fits(n) for n in range(side, pad))
            below = [n for n in range(1, side + 1) if fits(n)]
            if answer["cures"]["crop"]:
                assert answer["cures"]["crop"][axis] == max(below)
        assert bool(answer["cures"]["crop"]) == all(
            any(sizes_of({**settings, "input_size": (n, n)}) for n in range(1, side + 1)) for side in settings["input_size"]
        )
    assert found > 30


def test_the_original_is_the_papers(javascript):
    for case, answer in ask(javascript, [UNET_CASES["the original: 572 → 388"]]):
        assert [size[0] for size in answer["sizes"]] == [568, 280, 136, 64, 28, 52, 100, 196, 388]
        assert answer["parameters"] == 31_030_658


# -- receptive fields ------------------------------------------------------------------------------

def python_field(model, settings, pixel):
    table = receptive_field(model, (settings["in_channels"], *settings["input_size"]))
    found = table[-1].interval(tuple(pixel))
    return found and [list(map(int, ends)) for ends in found]


def test_fields_of_random_pixels_are_those_that_helpers_follows(module_page):
    rng = np.random.default_rng(3)
    cases = []
    for _ in range(60):
        settings = draw_unet(rng, fitting=1)
        size = sizes_of(settings)[-1]
        cases.append({"settings": settings, "pixels": [[int(rng.integers(n)) for n in size] for _ in range(5)]})
    answers = in_page(module_page, "c.pixels.map((pixel) => fieldOf(readUNet(c.settings), 'output', pixel))", cases)
    for case, answer in zip(cases, answers):
        model = model_of(case["settings"])
        for pixel, field in zip(case["pixels"], answer):
            expected = python_field(model, case["settings"], pixel)
            sides = case["settings"]["input_size"]
            for mine, theirs, side in zip(field, expected, sides):
                whole = theirs[1] - theirs[0] + 1 >= side
                assert mine == ([0, side - 1] if whole else theirs), (case, pixel, expected)


def test_fields_are_where_the_gradient_is_not_zero(module_page):
    rng = np.random.default_rng(4)
    cases = []
    for _ in range(25):
        settings = draw_unet(rng, fitting=1) | {"norm": False, "padding_mode": "zeros", "width": 1}
        size = sizes_of(settings)[-1]
        cases.append({"settings": settings, "pixel": [int(rng.integers(n)) for n in size]})
    answers = in_page(module_page, "fieldOf(readUNet(c.settings), 'output', c.pixel)", cases)
    for case, answer in zip(cases, answers):
        assert answer == measured(case["settings"], case["pixel"]), case


def measured(settings, pixel):
    """Bounds of a gradient through positive weights, ReLUs that are open, and means in place of maxima."""
    model = model_of(settings).double()
    model.pool = torch.nn.AvgPool2d(2)
    for parameter in model.parameters():
        parameter.data.fill_(1.0)
    x = torch.ones(1, settings["in_channels"], *settings["input_size"], dtype=torch.float64, requires_grad=True)
    model(x)[0, 0, pixel[0], pixel[1]].backward()
    lit = x.grad[0, 0].numpy() != 0
    return [[int(ends[0]), int(ends[-1])] for ends in (np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0)))]


def test_the_topmost_skip_alone_is_a_network_of_four_convolutions(module_page):
    """Over it, a pixel sees what two convolutions down and two up see: 9×9, cut at the border."""
    cases = [{"settings": UNET_CASES["the lesson's: 32×64"], "pixel": pixel} for pixel in ([0, 0], [16, 30], [31, 63])]
    script = "fieldOf(readUNet(c.settings), 'output', c.pixel, 'skip.2')"
    answers = in_page(module_page, script, cases)
    four = torch.nn.Sequential(*[torch.nn.Conv2d(1, 1, 3, padding=1) for _ in range(4)])
    row = receptive_field(four, (1, 32, 64))[-1]
    assert answers == [[list(ends) for ends in row.interval(tuple(case["pixel"]))] for case in cases]


def test_the_sizes_of_fields_of_every_map_are_those_of_the_table(module_page):
    cases = [
        {"settings": {**UNET_CASES["the original: 572 → 388"], "width": 1, "up": up, "padding": padding, "skip": skip, "depth": depth,
                      "input_size": size}}
        for up, padding, skip, depth, size in [("conv", "valid", True, 4, 572), ("resize", "same", True, 3, 64),
                                               ("conv", "same", False, 3, 64), ("resize", "valid", True, 1, 60)]
    ]  # fmt: skip
    script = "(() => { const net = readUNet(c.settings); return net.nodes.map(({ name }) => [name, fieldSizes(net, name)]); })()"
    for case, answer in zip(cases, in_page(module_page, script, cases)):
        settings = case["settings"] | {"input_size": [case["settings"]["input_size"]] * 2}
        table = {row.name: row.sizes for row in receptive_field(model_of(settings), (1, *settings["input_size"]))}
        seen = 0
        for name, sizes in answer:
            row = {"output": "last"}.get(name, name if name.startswith("up") and settings["up"] == "conv" else None)
            first = ".1" if name.endswith(".first") else ".3"
            stem = name.removesuffix(".first")
            row = row or (stem + first if stem.startswith(("encoder", "bottom", "decoder")) else None)
            if row:
                seen += 1
                assert tuple(sizes) == table[row], (name, settings)
        assert seen >= 4 * settings["depth"] + 3


def in_page(module_page, expression, cases):
    """The expression for each case, with what graph.js and fields.js export."""
    script = f"""async (text) => {{
        const {{ readUNet }} = await import("/helpers/widgets/js/unet_explorer/graph.js");
        const {{ fieldOf, fieldSizes }} = await import("/helpers/widgets/js/unet_explorer/fields.js");
        return JSON.stringify(JSON.parse(text).map((c) => ({expression})));
    }}"""
    answers = json.loads(module_page.evaluate(script, json.dumps(cases)))
    assert len(answers) == len(cases) > 0
    return answers
