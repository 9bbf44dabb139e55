"""UNetExplorer in Python: sizes, costs and fields are those of the network; a trained one's maps; refusals teach."""

import re

import numpy as np
import pytest
import torch

from helpers import UNetExplorer, count_parameters, receptive_field, summarize
from helpers.models import UNet
from helpers.widgets.unet_parts import UNET_CASES
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.random_unets import draw_unet, model_of


def test_the_cases_are_what_their_names_say():
    original = UNetExplorer.case("the original: 572 → 388")
    assert original.sizes == [568, 280, 136, 64, 28, 52, 100, 196, 388] and original.output_size == 388
    assert original.parameters == 31_030_658 == count_parameters(UNet(1, 2))
    lesson = UNetExplorer.case("the lesson's: 32×64")
    assert lesson.output_size == (32, 64) and lesson.problem is None and lesson.cures == {}
    odd = UNetExplorer.case("721×1440: does not divide")
    assert "721" in odd.problem and odd.cures == {"pad": (736, 1440), "crop": (720, 1440)}
    assert odd.sizes is odd.output_size is odd.multiplications is odd.field is None
    assert odd.parameters == count_parameters(UNet(1, 1))
    with pytest.raises(ValueError, match="There are: 'the original"):
        UNetExplorer.case("?")


def test_costs_and_code_of_random_networks_are_pytorchs():
    rng = np.random.default_rng(0)
    for _ in range(50):
        settings = draw_unet(rng)
        explorer, model = UNetExplorer(**settings), model_of(settings)
        assert explorer.parameters == count_parameters(model)
        assert repr(explorer.model) == repr(model) == repr(eval(explorer.code, {"UNet": UNet}))
        if explorer.problem is None:
            table = summarize(model, (settings["in_channels"], *settings["input_size"]))
            assert explorer.multiplications == table.multiplications
            assert explorer.output_size in (table[-1].output_shape[2:], table[-1].output_shape[2])
        else:
            with pytest.raises(ValueError, match=re.escape(explorer.problem)):
                model(torch.zeros(1, settings["in_channels"], *settings["input_size"]))
        explorer.close()


def test_every_cure_is_one():
    rng = np.random.default_rng(1)
    seen = 0
    for _ in range(60):
        settings = draw_unet(rng, fitting=0)
        explorer = UNetExplorer(**settings)
        for cure, size in explorer.cures.items():
            seen += 1
            assert UNetExplorer(**settings | {"input_size": size}).problem is None
            compared = [a >= b if cure == "pad" else a <= b for a, b in zip(size, settings["input_size"])]
            assert all(compared)
    assert seen > 30


def test_the_field_of_a_pixel_is_that_of_the_network():
    explorer = UNetExplorer(depth=2, width=3, padding="same", padding_mode=("zeros", "circular"), input_size=(24, 40), pixel=(5, 2))
    row = receptive_field(explorer.model, (1, 24, 40))[-1]
    assert explorer.field == row.interval((5, 2))
    explorer.pixel = None
    assert explorer.field is None


def trained(**settings):
    model = UNet(2, 3, 2, 8, **settings)
    return model, torch.randn(2, 16, 32, generator=torch.Generator().manual_seed(0))


def test_a_trained_network_brings_its_settings_and_its_maps():
    model, x = trained(padding_mode=("replicate", "circular"), norm=True, up="resize")
    model.train()
    explorer = UNetExplorer.of(model, x)
    assert model.training and explorer.model is model is explorer.layer
    assert (explorer.in_channels, explorer.out_channels, explorer.depth, explorer.width) == (2, 3, 2, 8)
    assert (explorer.padding_mode, explorer.norm, explorer.up) == (("replicate", "circular"), True, "resize")
    assert explorer.input_size == (16, 32)
    model.eval()
    with torch.no_grad():
        assert np.array_equal(explorer.maps["output"], model(x[None])[0].numpy())
        first = model.encoder[0](x[None])
        assert np.array_equal(explorer.maps["encoder.0"], first[0].numpy())
        assert np.array_equal(explorer.maps["skip.1"], first[0].numpy())
        assert np.array_equal(explorer.maps["pool.0"], model.pool(first)[0].numpy())
    assert not any(hooks for m in model.modules() for hooks in (m._forward_hooks, m._forward_pre_hooks))


def test_another_setting_hides_the_maps_and_coming_back_shows_them():
    model, x = trained()
    explorer = UNetExplorer(model, x, selected="bottom")
    explorer.skip = False
    assert explorer.maps == {} and explorer.model is not model
    assert explorer.model.decoder[0][0].in_channels == 16
    explorer.skip = True
    assert explorer.model is model and explorer.maps["bottom"].shape == (32, 4, 8)


def test_what_travels_is_at_most_four_megabytes_and_close_to_the_values():
    model = UNet(1, 1, 2, 32)
    explorer = UNetExplorer(model, torch.randn(1, 256, 256))
    sent = [entry for entry in explorer._maps.values()]
    assert sum(len(bytes(e["steps"])) + len(bytes(e["ranges"])) for e in sent) <= 4e6
    assert all(1 <= e["shape"][0] <= 16 for e in sent) and explorer._maps["bottom"]["of"] == 128
    entry, maps = explorer._maps["encoder.1"], explorer.maps["encoder.1"]
    count = entry["shape"][0]
    steps = np.frombuffer(bytes(entry["steps"]), np.uint16).reshape(entry["shape"]).astype(float)
    low, high = np.frombuffer(bytes(entry["ranges"])).reshape(count, 2).T[:, :, None, None]
    assert np.abs(low + steps / 65535 * (high - low) - maps[:count]).max() <= (high - low).max() / 65535
    with pytest.raises(ValueError, match=r"maps for an input of 768×768 .* x\[:, :256, :256\]"):
        UNetExplorer(UNet(1, 1, 2, 2), torch.randn(1, 768, 768))


def test_a_network_for_any_size_is_shown_with_the_padded_input():
    model = UNet(1, 1, 2, 4, any_size=True)
    explorer = UNetExplorer(model, torch.ones(1, 15, 21))
    assert explorer.input_size == (16, 24) and explorer.maps["output"].shape == (1, 16, 24)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UNetExplorer(torch.nn.ReLU(), np.ones((1, 8, 8))), "expected a helpers.models.UNet, got ReLU"),
        (lambda: UNetExplorer(UNet(1, 1, 1, 2)), "a model without an input"),
        (lambda: UNetExplorer(x=np.ones((1, 8, 8))), "an input without a model"),
        (lambda: UNetExplorer(UNet(1, 1, 1, 2), np.ones((3, 8, 8))), r"takes one input \(1, H, W\), got \(3, 8, 8\)"),
        (lambda: UNetExplorer(UNet(1, 1, 1, 2), np.ones((1, 9, 8))), "Crop or pad the input to 8 or 10"),
        (lambda: UNetExplorer(UNet(1, 1, 1, 2), np.full((1, 8, 8), np.nan)), "not finite"),
        (lambda: UNetExplorer(hight=3), "has no setting 'hight'"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 6}, "depth: expected 1 to 5, got 6"),
        ({"depth": True}, "expected an int of at least 0, got True"),
        ({"width": 0}, "width: expected 1 to 64"),
        ({"input_size": (3, 4000)}, "input_size: expected 1 to 2048"),
        ({"padding": "full"}, "padding"),
        ({"padding_mode": "circular"}, 'padding="valid" pads nowhere'),
        ({"padding_mode": "mirror"}, "expected one of 'zeros'"),
        ({"padding_mode": ["zeros", "circular", "zeros"]}, "two of them"),
        ({"selected": "encoder.4"}, "no map 'encoder.4'. There are: input"),
        ({"pixel": (388, 0)}, "the output, which is 388×388"),
    ],
)
def test_a_refused_setting_changes_nothing(settings, message):
    explorer = UNetExplorer(pixel=(3, 4), selected="bottom")
    before = explorer.get_state(explorer.resets)
    with pytest.raises(ValueError, match=re.escape(message)):
        explorer.set(**settings)
    assert explorer.get_state(explorer.resets) == before


def test_what_was_chosen_stays_inside():
    explorer = UNetExplorer(pixel=(380, 380), selected="skip.3")
    explorer.skip = False
    assert explorer.selected is None and explorer.pixel == (380, 380)
    explorer.input_size = 188
    assert explorer.output_size == 4 and explorer.pixel == (3, 3)
    explorer.input_size = 189
    assert explorer.problem and explorer.pixel == (3, 3)


def test_the_sentence_says_it_all():
    assert str(UNetExplorer()) == (
        "UNetExplorer: a U-Net, depth 4, width 64, padding 'valid', 1×572×572 → 2×388×388; 31,030,658 parameters, "
        "150,428,424,448 multiplications."
    )
    assert "it stops: 721 pixels" in str(UNetExplorer(**UNET_CASES["721×1440: does not divide"]))
    assert "no skips" in str(UNetExplorer(skip=False))
