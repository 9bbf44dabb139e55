"""Basic blocks written in several ways, all right; a wrong one changes a part of `Plain`."""

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.ops import Conv2dNormActivation


class Plain(nn.Module):
    """The names of torchvision, with the parts that a subclass may replace."""

    bias = False

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=self.bias)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=self.bias)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = self.shortcut(in_channels, out_channels, stride)

    def shortcut(self, in_channels, out_channels, stride):
        if stride != 1 or in_channels != out_channels:
            return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                                 nn.BatchNorm2d(out_channels))
        return nn.Identity()

    def half(self, x):
        return F.relu(self.bn1(self.conv1(x)))

    def branch(self, x):
        return self.bn2(self.conv2(self.half(x)))

    def forward(self, x):
        return F.relu(self.branch(x) + self.downsample(x))


def with_forward(forward, name=None):
    """`Plain` with this forward(self, x)."""
    return type(name or "MyBlock", (Plain,), {"forward": forward})


class InPlace(Plain):
    """As torchvision writes it: += and ReLUs that write into what the block has made."""

    def forward(self, x):
        identity = x
        out = self.bn1(self.conv1(x))
        F.relu_(out)
        out = self.bn2(self.conv2(out))
        identity = self.downsample(x)
        out += identity
        return out.relu_()


class InSequence(nn.Module):
    """One nn.Sequential for F, the skip registered and called before it, nothing if not needed."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.skip = None
        if (in_channels, 1) != (out_channels, stride):
            self.skip = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=(1, 1), stride=stride, bias=False),
                nn.BatchNorm2d(out_channels))
        self.layers = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False),
            nn.BatchNorm2d(out_channels))
        self.last = nn.ReLU(inplace=True)

    def forward(self, x):
        skip = x if self.skip is None else self.skip(x)
        return self.last(skip + self.layers(x))


class InLists(nn.Module):
    """Layers in nn.ModuleLists, in an order of their own; clamp for ReLU; lazy layers."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.norms = nn.ModuleList(nn.LazyBatchNorm2d() for _ in range(3))
        self.convs = nn.ModuleList([
            nn.LazyConv2d(out_channels, 1, stride=stride, bias=False),
            nn.LazyConv2d(out_channels, 3, padding=1, bias=False),
            nn.LazyConv2d(out_channels, 3, stride=stride, padding=1, bias=False)])
        if stride == 1 and in_channels == out_channels:
            del self.norms[0], self.convs[0]

    def forward(self, x):
        y = self.norms[-1](self.convs[-1](x)).clamp(min=0)
        y = self.norms[-2](self.convs[-2](y))
        skip = self.norms[0](self.convs[0](x)) if len(self.convs) == 3 else x
        return torch.add(y, skip).clamp(min=0)


class ConvNorm(nn.Module):
    def __init__(self, *settings, **more):
        super().__init__()
        self.conv = nn.Conv2d(*settings, bias=False, **more)
        self.norm = nn.BatchNorm2d(settings[1])

    def forward(self, x):
        return self.norm(self.conv(x))


class Nested(nn.Module):
    """Of modules of its own, with zero-init, and a projection that is registered first."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        project = stride > 1 or in_channels != out_channels
        self.project = ConvNorm(in_channels, out_channels, 1, stride=stride) if project else None
        self.first = ConvNorm(in_channels, out_channels, 3, stride=stride, padding=1)
        self.second = ConvNorm(out_channels, out_channels, 3, padding=1)
        nn.init.zeros_(self.second.norm.weight)

    def forward(self, x):
        F_x = self.second(torch.relu(self.first(x)))
        if self.project is not None:
            x = self.project(x)
        return torch.maximum(F_x + x, torch.zeros(()))


class OfTorchvision(nn.Module):
    """Of torchvision's convolution with norm and ReLU."""

    def __init__(self, inplanes, planes, step=1):
        super().__init__()
        self.one = Conv2dNormActivation(inplanes, planes, 3, step)
        self.two = Conv2dNormActivation(planes, planes, 3, activation_layer=None)
        if inplanes != planes or step != 1:
            self.skip = Conv2dNormActivation(inplanes, planes, 1, step, activation_layer=None)

    def forward(self, images):
        skip = self.skip(images) if hasattr(self, "skip") else images
        return F.relu(self.two(self.one(images)) + skip)


class WithoutHooks(Plain):
    """Its layers are not called but their forward, in an order that registration tells."""

    def forward(self, x):
        out = F.relu(self.bn1.forward(self.conv1.forward(x)))
        return F.relu(self.bn2.forward(self.conv2.forward(out)) + self.downsample.forward(x))


RIGHT = [Plain, InPlace, InSequence, InLists, Nested, OfTorchvision, WithoutHooks]
