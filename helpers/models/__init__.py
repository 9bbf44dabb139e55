"""The small networks of the lessons, each on one screen."""

from .canvas import BlurPool2d, CanvasCNN, CanvasMLP
from .convlstm import ConvLSTM, ConvLSTMCell
from .digits import DigitCNN, LeNet, SmallCNN, SmallMLP
from .parts import count_parameters, seeded
from .residual import BasicBlock, ResidualNet
from .unet import UNet

__all__ = [
    "BasicBlock",
    "BlurPool2d",
    "CanvasCNN",
    "CanvasMLP",
    "ConvLSTM",
    "ConvLSTMCell",
    "DigitCNN",
    "LeNet",
    "ResidualNet",
    "SmallCNN",
    "SmallMLP",
    "UNet",
    "count_parameters",
    "seeded",
]
