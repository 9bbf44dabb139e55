"""Filter-normalized directions: as long as each filter, zero for the rest, and bound to a seed."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import filter_direction
from helpers.models import BlurPool2d, ResidualNet


def rows(tensor):
    """The norm of every slice along the first axis, by NumPy."""
    return np.sqrt((tensor.detach().numpy().astype(float) ** 2).reshape(len(tensor), -1).sum(1))


def test_each_filter_of_the_direction_is_as_long_as_the_models_filter():
    model = ResidualNet(8, channels=(2, 3, 4))
    direction = filter_direction(model, seed=3)
    assert list(direction) == [name for name, _ in model.named_parameters()]
    filters = 0
    for name, weight in model.named_parameters():
        assert direction[name].shape == weight.shape and not direction[name].requires_grad
        if weight.ndim > 1:
            filters += len(weight)
            np.testing.assert_allclose(rows(direction[name]), rows(weight), rtol=1e-5)
            cosine = (direction[name] * weight).sum() / weight.norm() ** 2
            assert abs(cosine) < 0.9  # it is not the weight itself
    # 2·3 + 3·3 + 4·3 convolutions' channels, projections' included, less the first stage's; 10 rows
    assert filters == (2 + 2 * 2) + (2 * 3 + 3) + (2 * 4 + 4) + 10


def test_biases_and_batch_norm_have_no_direction():
    model = ResidualNet(8, channels=(2, 3, 4))
    direction = filter_direction(model)
    layers = dict(model.named_modules())
    zero = {name for name, part in direction.items() if not part.any()}
    wanted = {
        name
        for name in direction
        if name.endswith("bias") or isinstance(layers[name.rpartition(".")[0]], nn.BatchNorm2d)
    }
    assert zero == wanted and len(wanted) > 10


def test_other_normalizations_have_none_even_with_weights_of_several_dimensions():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.LayerNorm((2, 4, 4)), nn.GroupNorm(1, 2))
    direction = filter_direction(model)
    assert [name for name, part in direction.items() if part.any()] == ["0.weight"]


def test_a_filter_of_a_transposed_convolution_is_an_output_channel():
    for groups in (1, 2):
        layer = nn.ConvTranspose2d(4, 6, 3, groups=groups)
        part = filter_direction(layer)["weight"]
        for group in range(groups):
            inputs = slice(group * 4 // groups, (group + 1) * 4 // groups)
            theirs, ours = (
                rows(tensor[inputs].transpose(0, 1)) for tensor in (layer.weight, part)
            )
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
            assert len(ours) == 6 // groups


def test_scaling_a_layer_scales_its_direction():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 3))
    before = filter_direction(model, seed=1)
    with torch.no_grad():
        model[0].weight *= 10
        model[1].weight /= 10
    after = filter_direction(model, seed=1)
    for name, factor in (("0.weight", 10), ("1.weight", 0.1)):
        torch.testing.assert_close(after[name], factor * before[name])


def test_seeds_are_reproducible_and_leave_the_random_numbers_alone():
    model = nn.Linear(4, 3)
    torch.manual_seed(7)
    wanted = torch.rand(2)
    torch.manual_seed(7)
    one, again, other = (filter_direction(model, seed)["weight"] for seed in (0, 0, 1))
    assert torch.equal(torch.rand(2), wanted)
    assert torch.equal(one, again) and not torch.allclose(one, other)


def test_dead_and_frozen_filters_and_shared_weights():
    model = nn.Sequential(nn.Linear(3, 3), BlurPool2d(2), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    with torch.no_grad():
        model[0].weight[1] = 0
    direction = filter_direction(model)
    assert set(direction) == {"0.weight", "0.bias", "1.weight", "2.bias"}
    assert direction["0.weight"].any(dim=1).tolist() == [True, False, True]
    assert not direction["1.weight"].any()


def test_the_direction_has_the_dtype_of_its_weight():
    for dtype in (torch.float64, torch.bfloat16):
        assert filter_direction(nn.Linear(3, 2, dtype=dtype))["weight"].dtype == dtype


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (nn.BatchNorm2d(3), "BatchNorm2d has no trained filter: its 2 parameters are biases"),
        (nn.ReLU(), "ReLU has no trained filter: its 0 parameters"),
        (nn.Linear(2, 2).requires_grad_(False), "requires_grad=False"),
        ({"weight": 1}, "model must be a torch.nn.Module, but it is of type dict"),
        (nn.LazyLinear(3), "the shape of weight is not known before the first call"),
    ],
    ids=["norm", "nothing", "frozen", "no module", "lazy"],
)
def test_a_model_without_filters_is_refused(model, text):
    with pytest.raises(ValueError, match=text):
        filter_direction(model)
