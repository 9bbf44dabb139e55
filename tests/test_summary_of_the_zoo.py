"""`summarize` on the classifiers of torchvision, against torchinfo and PyTorch's own counter.

All models are built and run on the meta device: shapes only, no weights and nothing computed.
"""

import warnings
from math import prod

import pytest
import torch
import torchinfo
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.regnet import BlockParams

from helpers import summarize
from tests.random_settings import one_thread  # noqa: F401 - a fixture

# One size of every kind; the others repeat its layers.
ZOO = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet",
    "inception_v3", "maxvit_t", "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small",
    "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d",
    "shufflenet_v2_x0_5", "squeezenet1_0", "swin_t", "swin_v2_t", "vgg11", "vgg11_bn", "vit_b_16",
    "wide_resnet50_2",
]  # fmt: skip
SUM_OF_PRODUCTS = nn.Conv2d, nn.Linear
ATTENTION = "maxvit", "swin", "vit"


@pytest.fixture
def zoo(monkeypatch):
    """Makes a model on the meta device."""
    from_init_params = BlockParams.from_init_params

    def on_the_cpu(*args, **kwargs):  # RegNet's builder computes its widths with tensors
        with torch.device("cpu"):
            return from_init_params(*args, **kwargs)

    def make(name):
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")  # GoogLeNet and Inception: weights initialized slowly
            return torchvision.models.get_model(name, weights=None)

    monkeypatch.setattr(BlockParams, "from_init_params", on_the_cpu)
    return make


def test_the_zoo_has_every_family():
    models = torchvision.models

    def families(names):
        return {models.get_model_builder(name).__module__ for name in names}

    assert families(ZOO) == families(models.list_models(module=models))


@pytest.mark.parametrize("name", ZOO)
def test_a_model_of_the_zoo_has_torchinfos_shapes_and_pytorchs_counts(name, zoo):
    model = zoo(name)
    shape = (2, 3, 299, 299) if name == "inception_v3" else (2, 3, 224, 224)
    summary = summarize(model, shape)
    modules = dict(model.named_modules())
    called = [(row, modules[row.name]) for row in summary if row.input_shape]
    assert summary.parameters == sum(p.numel() for p in model.parameters())
    compare_with_torchinfo(summary, called, model, shape)
    compare_with_pytorchs_counter(summary, called, model, shape, name.startswith(ATTENTION))


def compare_with_torchinfo(summary, called, model, shape):
    theirs = torchinfo.summary(model, shape, device="meta", depth=20, verbose=0)
    assert summary.parameters == theirs.total_params
    layers = {module for _, module in called}
    infos = [info for info in theirs.summary_list if info.module in layers]
    assert [module for _, module in called] == [info.module for info in infos]
    for (row, module), info in zip(called, infos):
        assert row.input_shape == tuple(info.input_size), row
        assert row.output_shape == tuple(info.output_size), row
        assert row.parameters == (0 if info.is_recursive else info.num_params), row
        # Where torchinfo is wrong: it counts the additions of a bias and the weights of a
        # normalization as products, and a dense layer once per example, though it may be called at
        # many places of it (ConvNeXt, MaxViT, Swin, ViT).
        one_place = isinstance(module, nn.Linear) and len(row.input_shape) == 2
        if one_place or isinstance(module, nn.Conv2d):
            biases = 0 if module.bias is None else prod(row.output_shape)
            assert row.multiplications == info.macs - biases, row


def compare_with_pytorchs_counter(summary, called, model, shape, has_attention):
    """PyTorch counts two operations for every product, and tells the layers apart by name."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(shape, device="meta"))
    flops = counter.get_flop_counts()
    for row, module in called:
        theirs = sum(flops.get(f"{type(model).__name__}.{row.name}", {}).values())
        if isinstance(module, nn.MultiheadAttention):  # not counted by us, as the docstring says
            assert row.multiplications == 0 < theirs
        else:
            assert 2 * row.multiplications == theirs, row
            assert (theirs > 0) == isinstance(module, SUM_OF_PRODUCTS), row
    # Beside its layers, a model multiplies in its attention only.
    beside = sum(flops["Global"].values()) - 2 * summary.multiplications
    assert beside > 0 if has_attention else beside == 0
