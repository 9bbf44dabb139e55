"""Networks whose receptive fields are worth a look: {name: {layers, image}}, or input_size where no picture helps.

Names of layers are torchvision's. Of a residual network the main path is shown with its identity skips; a 1×1
projection sees a part of what the main path beside it sees, and is left out.
"""


def conv(kernel_size, stride=1, padding=None, dilation=1, **more):
    """A convolution; unless said, padded so that it keeps the size."""
    padding = dilation * (kernel_size - 1) // 2 if padding is None else padding
    given = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    usual = {"stride": 1, "padding": 0, "dilation": 1}
    return {"type": "conv"} | {name: v for name, v in given.items() if v != usual.get(name)} | more


def pool(kernel_size, stride=None, padding=0, **more):
    """A pooling layer, its stride the kernel size unless said."""
    stride = {} if stride in (None, kernel_size) else {"stride": stride}
    return {"type": "pool", "kernel_size": kernel_size} | stride | ({"padding": padding} if padding else {}) | more


def alexnet():
    """Krizhevsky 2014, arXiv:1404.5997, as torchvision has it, up to the last pooling."""
    return [
        conv(11, stride=4, padding=2, name="features.0"), pool(3, stride=2, name="features.2"),
        conv(5, name="features.3"), pool(3, stride=2, name="features.5"),
        *(conv(3, name=f"features.{n}") for n in (6, 8, 10)), pool(3, stride=2, name="features.12"),
    ]  # fmt: skip


def vgg16():
    """Simonyan and Zisserman, arXiv:1409.1556, up to the last pooling."""
    layers, n = [], 0
    for count in (2, 2, 3, 3, 3):
        for _ in range(count):
            layers.append(conv(3, name=f"features.{n}"))
            n += 2  # a ReLU stands between
        layers.append(pool(2, name=f"features.{n}"))
        n += 1
    return layers


def resnet(blocks, kernels):
    """He et al., arXiv:1512.03385: so many blocks in each stage, each of convolutions of these kernel sizes."""
    layers = [conv(7, stride=2, name="conv1"), pool(3, stride=2, padding=1, name="maxpool")]
    for stage, count in enumerate(blocks, 1):
        for block in range(count):
            start = len(layers) - 1
            stride = 2 if stage > 1 and block == 0 else 1
            for n, kernel_size in enumerate(kernels, 1):
                here = stride if n == kernels.index(3) + 1 else 1  # torchvision strides in the first 3×3
                layers.append(conv(kernel_size, stride=here, name=f"layer{stage}.{block}.conv{n}"))
            projected = block == 0 and (stage > 1 or len(kernels) == 3)
            if not projected:
                layers[-1]["skip"] = start
    return layers


def unet(levels):
    """Ronneberger et al., arXiv:1505.04597, with padding, so that the maps to be joined have equal sizes."""
    layers, joins = [], []
    for level in range(levels + 1):
        layers += [conv(3, name=f"down{level}.conv{n}") for n in (1, 2)]
        if level < levels:
            joins.append(len(layers) - 1)
            layers.append(pool(2, name=f"pool{level}"))
    for level in reversed(range(levels)):
        up = {"type": "transposed_conv", "kernel_size": 2, "stride": 2, "skip": joins[level], "name": f"up{level}"}
        layers += [up, *(conv(3, name=f"up{level}.conv{n}") for n in (1, 2))]
    return layers


_DILATIONS = (1, 2, 4, 8)

FIELD_CASES = {
    "two 3×3": {"layers": [conv(3), conv(3)], "image": "handwritten digit"},
    "four 3×3": {"layers": [conv(3)] * 4, "image": "handwritten digit"},
    "one 9×9": {"layers": [conv(9)], "image": "handwritten digit"},
    "3×3 and pooling": {"layers": [conv(3), pool(2), conv(3), pool(2), conv(3)], "image": "weather: vorticity"},
    "dilated 1-2-4-8": {"layers": [conv(3, dilation=d) for d in _DILATIONS], "image": "weather: vorticity"},
    "dilated 2-2-2": {"layers": [conv(3, dilation=2)] * 3, "image": "weather: vorticity"},
    "causal": {"layers": [conv(2, padding=[d, 0], dilation=d) for d in _DILATIONS], "input_size": [32, 32]},
    "AlexNet": {"layers": alexnet(), "image": "photo"},
    "VGG16": {"layers": vgg16(), "image": "photo"},
    "ResNet-18": {"layers": resnet((2, 2, 2, 2), (3, 3)), "image": "photo"},
    "ResNet-50": {"layers": resnet((3, 4, 6, 3), (1, 3, 1)), "image": "photo"},
    "small U-Net": {"layers": unet(2), "image": "weather: vorticity"},
    "U-Net": {"layers": unet(4), "image": "photo"},
}
