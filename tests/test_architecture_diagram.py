"""ArchitectureDiagram from Python: stages, depth and counts against PyTorch and the papers; what it refuses."""

import gc
import json
import re
import weakref

import pytest
import torch
import torchvision
from torch import nn

from helpers import summarize
from helpers.models import LeNet, SmallMLP
from helpers.widgets import ArchitectureDiagram
from tests.architectures import ByItsSize, FlatResidual, Reshaped, SmallUNet
from tests.random_settings import one_thread  # noqa: F401 (a fixture)
from tests.test_widgets import nothing_stays, refused  # noqa: F401 (the first is a fixture)

DEPTHS = {
    "resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152,
    "vgg11": 11, "vgg13_bn": 13, "vgg16": 16, "vgg19_bn": 19, "alexnet": 8, "densenet121": 121, "googlenet": 22,
}  # fmt: skip


def made(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None, **_QUICK.get(name, {}))


_QUICK = {"googlenet": {"init_weights": False}}


def resnets():
    return ArchitectureDiagram({f"ResNet-{depth}": made(f"resnet{depth}") for depth in (18, 34, 50)})


def lenet(**settings):
    return ArchitectureDiagram(LeNet(), (1, 32, 32), **settings)


@pytest.mark.parametrize("name", DEPTHS)
def test_depth_is_what_the_papers_name_the_networks_after(name):
    assert ArchitectureDiagram(made(name)).depth == DEPTHS[name]


def test_a_resnet_is_its_stem_four_layers_and_its_head():
    shown = ArchitectureDiagram(made("resnet50"))
    assert [stage.name for stage in shown.stages] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert [len(stage.blocks) for stage in shown.stages] == [2, 3, 4, 6, 3, 2]
    assert [stage.output_shape for stage in shown.stages] == [
        (64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7), (1000,),
    ]  # fmt: skip
    block = shown.stages[2].blocks[0]
    assert (block.name, block.kind, block.output_shape) == ("layer2.0", "Bottleneck", (512, 28, 28))
    assert len(block.layers) == 12 and block.layers[0] == "layer2.0.conv1" and block.layers[-1] == "layer2.0.relu (3)"
    conv = made("resnet50").layer2[0].conv2  # 128·128·3·3 weights at 28·28 places
    assert conv.weight.numel() * 28 * 28 < block.multiplications < shown.stages[2].multiplications


def test_parameters_and_multiplications_of_the_stages_add_up_to_those_of_summarize():
    model = made("resnet18")
    shown = ArchitectureDiagram(model)
    for size in [(3, 224, 224), (3, 100, 60)]:
        shown.input_size = size
        table = summarize(model, size)
        assert shown.parameters == sum(stage.parameters for stage in shown.stages) == table.parameters == 11_689_512
        assert shown.multiplications == sum(stage.multiplications for stage in shown.stages) == table.multiplications
        assert sum(b.multiplications for stage in shown.stages for b in stage.blocks) == shown.multiplications


def test_a_vgg_has_a_stage_for_each_pool():
    shown = ArchitectureDiagram(made("vgg16_bn"))
    assert [stage.name for stage in shown.stages] == [f"stage {n}" for n in range(1, 6)] + ["head"]
    assert [[block.kind for block in stage.blocks].count("Conv2d") for stage in shown.stages] == [2, 2, 3, 3, 3, 0]
    assert [stage.blocks[-1].kind for stage in shown.stages] == ["MaxPool2d"] * 5 + ["Linear"]
    assert shown.stages[0].blocks[0].layers == ["features.0", "features.1", "features.2"]  # conv, norm, relu


def test_inception_and_dense_blocks_are_units():
    googlenet = ArchitectureDiagram(made("googlenet"))
    kinds = [block.kind for stage in googlenet.stages for block in stage.blocks]
    assert kinds.count("Inception") == 9
    assert googlenet.parameters == sum(p.numel() for p in googlenet.model.parameters())  # the unused heads, too
    densenet = ArchitectureDiagram(made("densenet121"))
    assert [stage.name for stage in densenet.stages][1:4] == ["denseblock1", "transition1", "denseblock2"]


def test_a_unet_goes_down_and_up_with_its_skips_concatenated():
    shown = ArchitectureDiagram(SmallUNet(), (1, 64, 64))
    assert [stage.name for stage in shown.stages] == ["down1", "down2", "bottom", "dec2", "dec1"]
    assert [stage.output_shape[1] for stage in shown.stages] == [32, 16, 16, 32, 64]
    assert [block.kind for block in shown.stages[3].blocks] == ["ConvTranspose2d", "cat", "Conv2d", "Conv2d"]
    assert shown.stages[3].blocks[1].output_shape == (32, 32, 32)


def test_a_block_written_without_a_module_is_drawn_layer_by_layer():
    shown = ArchitectureDiagram(FlatResidual(), (2, 16, 16))
    blocks = [(block.name, block.kind) for stage in shown.stages for block in stage.blocks]
    assert blocks[:5] == [("first", "Conv2d"), ("second", "Conv2d"), ("beside", "Conv2d"), ("add", "add"),
                          ("max_pool2d", "max_pool2d")]  # fmt: skip
    assert shown.depth == 3  # first, second, dense; the projection lies beside


def test_the_model_is_read_and_stays_as_it_is():
    model = torchvision.models.resnet18().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    shown = ArchitectureDiagram(model)
    assert shown.model is model and model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_several_models_are_compared_at_one_input():
    shown = resnets()
    assert (shown.name, shown.depth, shown.selected, shown.layer) == ("ResNet-18", 18, "layer1.0", "layer1.0.conv1")
    shown.set(input_size=160, selected="layer2.1")
    shown.name = "ResNet-50"
    assert (shown.depth, shown.selected, shown.input_size) == (50, "layer2.1", (3, 160, 160))
    assert shown.stages[4].output_shape == (2048, 5, 5)
    shown.selected = "layer3.5"
    shown.name = "ResNet-18"  # whose layer3 has two blocks
    assert (shown.selected, shown.layer) == ("layer1.0", "layer1.0.conv1")


def test_what_is_selected_and_its_layer_go_together():
    shown = ArchitectureDiagram(made("resnet18"))
    shown.selected = "layer2"
    assert shown.layer == "layer2.0.conv1"
    shown.layer = "layer2.1.bn2"
    shown.selected = "layer2.1"
    assert shown.layer == "layer2.1.bn2"
    shown.selected = "head"
    assert shown.layer == "fc"
    assert refused(shown, layer="conv1") == (
        "ArchitectureDiagram.layer: 'head' has no layer 'conv1'. It has avgpool, flatten, fc."
    )


def test_an_input_that_does_not_fit_names_the_layer_and_the_numbers():
    shown = lenet()
    assert shown.problem is None and shown.multiplications == summarize(LeNet(), (1, 32, 32)).multiplications
    shown.input_size = 40
    assert shown.multiplications is None and shown.stages[-1].output_shape is None
    assert shown.stages[0].output_shape == (6, 18, 18)
    assert '"7", Linear(400, 120), does not fit' in shown.problem and "gets 784" in shown.problem
    assert shown.problem in repr(shown)
    shown.input_size = (1, 4, 32)
    assert '"0", Conv2d(1, 6, kernel_size=5), does not fit: along the height, a kernel of 5' in shown.problem


def test_sizes_that_no_rule_follows_stay_and_the_reason_is_said():
    shown = ArchitectureDiagram(Reshaped(), (1, 8, 8))
    text = refused(shown, input_size=(9, 9))
    assert "it stays 8×8" in text
    assert '"view": what view makes of other sizes is not known here' in text
    assert "input_size=(1, 9, 9)" in text
    assert shown.stages[-1].output_shape == (2, 8, 8)
    other = ArchitectureDiagram(ByItsSize(), (1, 16, 16))
    assert "takes another way through its code" in refused(other, input_size=24)


@pytest.mark.parametrize(
    ("model", "size", "text"),
    [
        (3, (3, 8, 8), r"model must be a PyTorch model, but is 3. Use nn.Sequential\(…\)."),
        (LeNet, (1, 32, 32), r"model must be a PyTorch model, but is <class .*LeNet'>. Use LeNet\(\)."),
        (SmallMLP(), (1, 8, 8), "draws networks with convolutions, and SmallMLP has none."),
        (LeNet(), (3, 224, 224), r"wants 1 channel, but input_size is \(3, .*, with 3. Use input_size=\(1, 224, 224\)"),
        (LeNet(), (1, 64, 64), r'fails in "7", Linear\(400, 120\), on .* shape \(1, 2704\).* Use in_features=2704.'),
        (LeNet(), (32, 32), r"expected \(C, H, W\) of what the model takes.*got \(32, 32\)"),
        (nn.LazyConv2d(3, 3), (1, 8, 8), "LazyConv2d does not know its size yet."),
        ({}, (1, 8, 8), "a dict of models needs a name for each"),
    ],
)  # fmt: skip
def test_an_error_teaches(model, size, text):
    with pytest.raises(ValueError, match=text):
        ArchitectureDiagram(model, size)


def test_what_a_setting_may_not_be():
    shown = resnets()
    assert "got 0." in refused(shown, input_size=0)
    assert "wants 3 channels, got 1. Use (3, 8, 8)." in refused(shown, input_size=(1, 8, 8))
    assert "There is 'ResNet-18', 'ResNet-34', 'ResNet-50'." in refused(shown, name="ResNet-101")
    assert "Stages: 'stem', 'layer1'" in refused(shown, selected="layer9")
    with pytest.raises(TypeError, match="has no setting 'size'. It has: .*input_size"):
        ArchitectureDiagram(LeNet(), (1, 32, 32), size=3)


class Computed(nn.Module):
    """Its forward asks for a number, so that it cannot run on shapes alone."""

    copies = weakref.WeakSet()

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, x):
        Computed.copies.add(self)
        y = self.conv(x)
        return y.relu() if float(y.mean()) < 1e9 else y


def test_the_copy_that_has_run_is_let_go():
    shown = ArchitectureDiagram(Computed(), (1, 8, 8))
    gc.collect()
    assert shown.parameters == 40 and list(Computed.copies) == []


def test_the_page_gets_structure_and_no_weights():
    sent = json.dumps(ArchitectureDiagram(made("resnet152")).get_state(["_graphs"]))
    assert len(sent) < 40_000
    assert not re.search(r"\d\.\d{4}", sent)


def test_the_sentence_names_the_model_its_depth_and_costs():
    assert repr(lenet()) == (
        "ArchitectureDiagram: LeNet on 1×32×32, 3 stages, 5 layers with weights in a row, 61,706 parameters, "
        "416,520 multiplications; 0 is chosen."
    )
