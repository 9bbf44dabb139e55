"""UNet and unet_sizes: the paper's numbers, sizes as the model makes them, refusals with cures that work, borders, seeds."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from helpers import count_parameters, unet_sizes
from helpers.models import UNet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.random_unets import draw_unet, model_of

PADS = {"zeros": "constant", "circular": "circular", "reflect": "reflect", "replicate": "replicate"}


def run(model, *shape, seed=0):
    x = torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return model.eval()(x)


# -- the original ----------------------------------------------------------------------------------


def test_the_original_has_the_papers_sizes_and_parameters():
    assert unet_sizes(572) == [568, 280, 136, 64, 28, 52, 100, 196, 388]
    assert count_parameters(UNet(1, 2, 4, 64, padding="valid")) == 31_030_658
    thin = UNet(1, 2, 4, 1, padding="valid")
    assert run(thin, 1, 572, 572).shape == (1, 2, 388, 388)


def test_parameters_are_the_sum_of_the_papers_layers():
    def conv(a, b, k):
        return a * b * k * k + b

    down = [conv(a, b, 3) + conv(b, b, 3) for a, b in [(1, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]]
    rising = [conv(2 * a, a, 2) + conv(2 * a, a, 3) + conv(a, a, 3) for a in (512, 256, 128, 64)]
    assert sum(down) + sum(rising) + conv(64, 2, 1) == count_parameters(UNet(1, 2))


# -- sizes -----------------------------------------------------------------------------------------


def level_sizes(model, *shape):
    """The sizes behind the convolutions of each level, while the model runs, with nothing that asks unet_sizes."""
    found = []
    stages = [*model.encoder, model.bottom, *model.decoder]
    hooks = [stage.register_forward_hook(lambda _m, _x, y: found.append(tuple(y.shape[2:]))) for stage in stages]
    model._prepared = lambda x: x
    try:
        run(model, *shape)
    finally:
        for hook in hooks:
            hook.remove()
        del model._prepared
    return found


def test_sizes_are_those_of_the_model_that_runs():
    rng = np.random.default_rng(0)
    for _ in range(60):
        settings = draw_unet(rng, fitting=1)
        size = tuple(settings["input_size"])
        expected = unet_sizes(size, settings["depth"], settings["padding"], settings["up"])
        assert level_sizes(model_of(settings), settings["in_channels"], *size) == expected, settings


def refused(size, depth, padding, up):
    try:
        unet_sizes(size, depth, padding, up)
    except ValueError as error:
        return str(error)
    return None


def test_what_is_refused_does_not_fit_and_what_is_taken_does():
    """Without its check the model fails, or pools a map whose last row or column no window covers."""
    seen = {True: 0, False: 0}
    for padding, up, depth in [("same", "conv", 2), ("same", "resize", 3), ("valid", "conv", 2), ("valid", "resize", 1)]:
        for side in range(1, 90, 3 if padding == "same" else 1):
            model = UNet(1, 1, depth, 1, padding=padding, up=up)
            pooled = []
            hook = model.pool.register_forward_hook(lambda _m, x, _y, pooled=pooled: pooled.append(x[0].shape[2]))
            try:
                level_sizes(model, 1, side, side)
                fits = not any(size % 2 for size in pooled)
            except RuntimeError:
                fits = False
            hook.remove()
            assert (refused(side, depth, padding, up) is None) == fits, (side, padding, up, depth)
            seen[fits] += 1
    assert min(seen.values()) > 30


def test_a_refusal_names_the_level_and_cures_that_work():
    rng = np.random.default_rng(1)
    seen = 0
    for _ in range(150):
        settings = draw_unet(rng, fitting=0)
        side, depth, padding, up = settings["input_size"][0], *(settings[n] for n in ("depth", "padding", "up"))
        text = refused(side, depth, padding, up)
        if text is None:
            continue
        seen += 1
        assert re.match(r"unet_sizes: .*\d+ pixels .*(at level \d, which has no half|nothing is left)", text)
        near = [int(n) for n in re.search(r"input to (?:(\d+) or )?(\d+)", text).groups() if n]
        assert near[-1] > side and (len(near) == 1 or near[0] < side)
        for cure in near:
            assert refused(cure, depth, padding, up) is None
        assert not any(refused(n, depth, padding, up) is None for n in range(side, near[-1]))
        if shallow := re.search(r"or use depth=(\d)", text):
            assert refused(side, int(shallow[1]), padding, up) is None
    assert seen > 60


def test_the_model_refuses_what_unet_sizes_refuses_and_says_so():
    with pytest.raises(ValueError, match=r"721 pixels .* Crop or pad the input to 720 or 736"):
        run(UNet(1, 1, 4, 1), 1, 721, 1440)
    with pytest.raises(ValueError, match=r"nothing is left"):
        run(UNet(1, 1, 2, 1, padding="valid"), 1, 16, 16)


# -- any size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["zeros", "replicate", ("replicate", "circular")])
def test_any_size_pads_at_the_end_and_cuts_there(mode):
    model = UNet(1, 2, 3, 2, padding_mode=mode, any_size=True)
    plain = UNet(1, 2, 3, 2, padding_mode=mode)
    x = torch.randn(1, 1, 21, 37)
    rows, columns = mode if isinstance(mode, tuple) else (mode, mode)
    padded = F.pad(F.pad(x, (0, 0, 0, 3), mode=PADS[rows]), (0, 3, 0, 0), mode=PADS[columns])
    with torch.no_grad():
        assert torch.equal(model(x), plain(padded)[..., :21, :37])
        fits = torch.randn(1, 1, 24, 40)
        assert torch.equal(model(fits), plain(fits))


# -- borders ---------------------------------------------------------------------------------------

GLOBE = ("replicate", "circular")


@pytest.mark.parametrize("modes", [GLOBE, ("zeros", "circular"), ("circular", "reflect"), ("replicate", "replicate")])
def test_each_axis_has_its_own_padding(modes):
    model = UNet(1, 3, 1, 4, padding_mode=modes)
    convolution = next(layer for layer in model.encoder[0] if isinstance(layer, nn.Conv2d))
    x = torch.randn(1, 1, 8, 6)
    border = F.pad(F.pad(x, (0, 0, 1, 1), mode=PADS[modes[0]]), (1, 1, 0, 0), mode=PADS[modes[1]])
    by_hand = F.conv2d(border, convolution.weight, convolution.bias)
    with torch.no_grad():
        until = list(model.encoder[0]).index(convolution) + 1
        assert torch.allclose(model.encoder[0][:until](x), by_hand, atol=1e-6)


@pytest.mark.parametrize("up", ["conv", "resize"])
def test_a_roll_in_longitude_rolls_the_output_exactly_with_circular_padding_alone(up):
    def error(mode, by):
        model = UNet(1, 1, 2, 4, padding_mode=mode, up=up).double()
        x = torch.randn(1, 1, 16, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            return (model(x.roll(by, -1)) - model(x).roll(by, -1)).abs().max().item()

    for by in (4, 8, -12, 32):
        assert error(GLOBE, by) == 0
    assert error("zeros", 4) > 1e-3
    assert error(GLOBE, 1) > 1e-6 and error(GLOBE, 2) > 1e-6  # the pooling's windows stand elsewhere


# -- the parts -------------------------------------------------------------------------------------


def test_a_skip_hands_the_encoders_map_to_the_decoder():
    with_skips, without = UNet(1, 1, 2, 4), UNet(1, 1, 2, 4, skip=False)
    for k, (a, b) in enumerate(zip(with_skips.decoder, without.decoder)):
        assert a[0].in_channels == 2 * b[0].in_channels == 2 * a[0].out_channels, k
    given = {}
    with_skips.decoder[1].register_forward_pre_hook(lambda _m, x: given.update(decoder=x[0]))
    with_skips.encoder[0].register_forward_hook(lambda _m, _x, y: given.update(encoder=y))
    with_skips.up[1].register_forward_hook(lambda _m, _x, y: given.update(up=y))
    run(with_skips, 1, 16, 16)
    assert torch.equal(given["decoder"], torch.cat([given["encoder"], given["up"]], 1))


def test_valid_skips_are_cut_in_the_middle():
    model, given = UNet(1, 1, 1, 2, padding="valid"), {}
    model.decoder[0].register_forward_pre_hook(lambda _m, x: given.update(decoder=x[0]))
    model.encoder[0].register_forward_hook(lambda _m, _x, y: given.update(encoder=y))
    run(model, 1, 20, 20)
    assert given["encoder"].shape[2:] == (16, 16) and given["decoder"].shape[2:] == (8, 8)
    assert torch.equal(given["decoder"][:, :2], given["encoder"][..., 4:12, 4:12])


def test_the_two_ways_up_and_normalization():
    resized = UNet(1, 1, 1, 2, up="resize")
    assert isinstance(resized.up[0][0], nn.Upsample) and isinstance(UNet(1, 1, 1, 2).up[0], nn.ConvTranspose2d)
    normalized = UNet(1, 1, 1, 2, norm=True)
    convolutions = [m for m in normalized.encoder[0] if isinstance(m, nn.Conv2d)]
    assert all(c.bias is None for c in convolutions)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in normalized.modules()) == 6


def test_the_same_seed_makes_the_same_network_and_leaves_the_global_one_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    a, b, c = UNet(1, 1, 2, 4, seed=1), UNet(1, 1, 2, 4, seed=1), UNet(1, 1, 2, 4, seed=2)
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))
    assert not torch.equal(a.encoder[0][0].weight, c.encoder[0][0].weight)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 0}, "depth=0. Use a whole number from 1 on"),
        ({"depth": True}, "depth=True"),
        ({"padding": "full"}, "padding='full' and up='conv'. Use \"same\" or \"valid\""),
        ({"up": "linear"}, 'up=\'linear\'. Use "same" or "valid" for padding, and "conv" or "resize"'),
        ({"padding_mode": "mirror"}, "padding_mode='mirror'. Use one of 'zeros', 'circular'"),
        ({"padding_mode": ("zeros",)}, "or two of them for (height, width)"),
        ({"padding": "valid", "any_size": True}, 'padding="valid" pads nowhere'),
        ({"padding": "valid", "padding_mode": "circular"}, "Leave them out, or use"),
    ],
)
def test_refusals_teach(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        UNet(**settings)
