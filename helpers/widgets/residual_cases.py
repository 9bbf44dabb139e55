"""Residual blocks worth a look, {name: settings}; and the small numbers that ResidualExplorer sends through one."""


def _case(in_channels=64, out_channels=64, input_size=56, block="basic", skip="identity", stride=1, **more):
    sizes = {"in_channels": in_channels, "out_channels": out_channels, "stride": stride, "input_size": input_size}
    usual = {"norm": True, "activation": True, "order": "original"}
    return {"block": block, "skip": skip} | usual | sizes | more


# Channels and sizes are those of torchvision's ResNet-18 and ResNet-50 on an image of 224×224.
RESIDUAL_CASES = {
    "identity, 64 channels": _case(),
    "projection, 64→128, stride 2": _case(64, 128, skip="projection", stride=2),
    "bottleneck 256": _case(256, 256, block="bottleneck"),
    "bottleneck 256→512, stride 2": _case(256, 512, block="bottleneck", skip="projection", stride=2),
    "plain: no skip": _case(skip="none"),
    "no normalization": _case(norm=False),
    "no activation": _case(activation=False),
    "pre-activation": _case(order="pre-activation"),  # He et al. 2016, arXiv:1603.05027
}

SIGNAL = [[2, 1, 0, 1], [1, 3, 1, 0], [0, 1, 2, 2], [1, 0, 1, 1]]

# The weights of the signal's convolutions: one channel, integers, small enough to be checked by hand.
_ACROSS = [[0, 0, 0], [-1, 1, 0], [0, 0, 0]]
_DOWN = [[0, 1, 0], [0, 1, 0], [0, -1, 0]]
SIGNAL_WEIGHTS = {
    "basic": {"conv1": _ACROSS, "conv2": _DOWN, "downsample.0": [[2]]},
    "bottleneck": {"conv1": [[2]], "conv2": _DOWN, "conv3": [[2]], "downsample.0": [[2]]},
}
# Without normalization a convolution has a bias; with it, the normalization would take it away again.
SIGNAL_BIASES = {"conv1": 0, "conv2": -1, "conv3": -2, "downsample.0": 0}
