"""All widgets in all the states that tests/browser/test_widget_rules.py looks at."""

from tests.browser.made_accuracies import MADE_ACCURACIES
from tests.browser.made_forecasts import MADE_FORECASTS
from tests.browser.widgets import run

SETUP = f"""\
{MADE_ACCURACIES}
from helpers import ArithmeticExplorer, ChannelExplorer, ConvolutionExplorer
from helpers import EffectiveFieldExplorer, FeatureMapExplorer, ImageFilter, LayerTable
from helpers import LearnedKernel, PoolingExplorer, ReceptiveFieldExplorer, ShiftExplorer
from helpers.widgets.arithmetic_cases import NAMED_CASES as cases
from helpers.widgets.field_cases import FIELD_CASES as stacks
from helpers.widgets.pooling_cases import POOLING_CASES as pools
"""
SETUP += """\
steps = np.linspace(0, 1, 41)
sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
rgb = {"input": np.arange(75).reshape(3, 5, 5) % 4, "bias": [1, -2],
       "kernel": np.arange(54).reshape(2, 3, 3, 3) % 5 - 2.0}
grey = {"input": np.arange(25).reshape(5, 5), "kernel": sobel, "bias": 0, "padding": 0,
        "padding_mode": "zeros"}
pinned = {"grid": "input", "channel": 0, "cell": [1, 1]}
big = {"input": np.arange(256.0).reshape(16, 16) - 90, "padding": 4}
wide = {"input": np.ones((4, 16, 16)), "kernel": np.ones((4, 4, 7, 7)) * 1.25, "padding": 4}
four = np.arange(576.0).reshape(4, 12, 12) % 9 - 4"""
LEARNED = """\
image = np.random.default_rng(0).random((48, 48))
l = LearnedKernel(kernels=steps[:, None, None] * sobel, losses=10.0 ** (-6 * steps),
                  image=image, step=9)
l"""
MAPS = """\
import torch
from torch import nn
torch.manual_seed(0)
looking = nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 80, 3),
                        nn.AdaptiveAvgPool2d(1))
images = np.random.default_rng(0).random((2, 3, 48, 64))
n = FeatureMapExplorer(looking, images, names=["first image", "second image"])
n"""
FIELDS = """\
import torch
from torch import nn
def layers(seed):
    torch.manual_seed(seed)
    return nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(4)])
x = EffectiveFieldExplorer({"before training": layers(0), "after training": layers(1)},
                           torch.ones(1, 1, 32, 64))
x"""
LANDSCAPES = """\
from helpers import LandscapeExplorer
at = np.linspace(-1, 1, 25)
bowl = 0.01 + 5 * np.add.outer(2 * at**2, at**2)
rugged = 0.3 + 0.2 * np.outer(np.cos(7 * at), np.sin(9 * at))
holes = np.exp(5 * np.add.outer(at**2, at**2)) * rugged
holes[:3, :3], holes[20:, 21:] = np.inf, np.nan
q = LandscapeExplorer({"with skips": bowl, "without skips": holes})
q"""
RESIDUAL = """\
from helpers import ResidualExplorer
b = ResidualExplorer()
b"""
FORECASTS = f"""\
{MADE_FORECASTS}
g = ForecastExplorer(made_forecasts, **known)
g"""
NETWORKS = """\
import torch
import torchvision
from torch import nn
from helpers import ArchitectureDiagram
class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.bottom = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.pool, self.up = nn.MaxPool2d(2), nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.last = nn.Conv2d(16, 2, 3, padding=1)
    def forward(self, x):
        skip = self.down(x)
        return self.last(torch.cat([skip, self.up(self.bottom(self.pool(skip)))], 1))
def network(name):
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None)
names = {"ResNet-18": "resnet18", "ResNet-50": "resnet50", "ResNet-152": "resnet152",
         "VGG16": "vgg16_bn", "DenseNet-121": "densenet121"}
d = ArchitectureDiagram({n: network(name) for n, name in names.items()} |
                        {"U-Net": UNet()})
d"""
UNETS = """\
import torch
from helpers import UNetExplorer
from helpers.models import UNet as CourseUNet
steady = torch.sin(torch.arange(32 * 64.0).reshape(1, 32, 64) / 9)
u = UNetExplorer(CourseUNet(1, 2, 3, 16, padding_mode=("replicate", "circular")), steady)
u"""
CELLS = [SETUP, "e = ConvolutionExplorer()\ne", "f = ImageFilter()\nf", LEARNED, "e",
         "a = ArithmeticExplorer()\na", "c = ChannelExplorer()\nc", "t = LayerTable()\nt",
         "p = PoolingExplorer()\np", "s = ShiftExplorer()\ns", "m = AccuracyMap(**made)\nm",
         "r = ReceptiveFieldExplorer()\nr", MAPS, FIELDS, LANDSCAPES,
         RESIDUAL, NETWORKS, UNETS, FORECASTS]
# variable → cell
WIDGETS = {"e": 1, "f": 2, "l": 3, "a": 5, "c": 6, "t": 7, "p": 8, "s": 9, "m": 10,
           "r": 11, "n": 12, "x": 13, "q": CELLS.index(LANDSCAPES),
           "b": CELLS.index(RESIDUAL), "d": CELLS.index(NETWORKS), "u": CELLS.index(UNETS),
           "g": CELLS.index(FORECASTS)}
NETWORK = ["conv", "relu", "max_pool", "conv", "relu", "max_pool"]
STATES = {
    "e": [
        "",
        "e.set(padding=2, padding_mode='reflect', pinned=pinned)",
        "e.view = 'matrix'",
        "e.view = 'wiring'",
        "e.set(view='slide', pinned=None, **rgb)",
        "e.view = 'matrix'",
        "e.view = 'wiring'",
        "e.set(view='matrix', **grey)",
        "e.set(view='slide', **big)",
        "e.view = 'matrix'",
        "e.view = 'wiring'",
        "e.set(view='slide', **wide)",
    ],
    "f": ["", "f.grey = False", "f.compare = True", "f.kernel = np.full((7, 7), 1 / 49)",
          "f.image = 'weather: vorticity'",
          "f.image = 'handwritten digit'", "f.shown = 'signed'", "f.kernel = [[1.0]]"],
    "l": ["", "l.step = 40"],
    "a": [
        "",
        "a.set(**cases['odd'])",
        "a.set(padding=2, padding_mode='reflect', pinned={'grid': 'input', 'cell': [0, 0]})",
        "a.view = 'matrix'",
        "a.view = 'counts'",
        "a.set(**cases['odd, transposed'])",
        "a.view = 'stretch'",
        "a.view = 'matrix'",
        "a.set(**cases['checkerboard'])",
        "a.set(**cases['dilation'])",
        "a.set(**cases['full'])",
        "a.set(input_size=12, padding=6, kernel_size=7)",
        "a.view = 'counts'",
    ],
    "c": [
        "",
        "c.set(groups=4, separable=False)",
        "c.set(groups=1, separable=True)",
        "c.set(groups=8, separable=False, pinned={'input': 2})",
        "c.set(in_channels=16, out_channels=16, groups=1, pinned={'output': 15})",
        "c.set(kernel_size=7, groups=16, pinned=None)",
        "c.set(groups=1, output_size=256)",
        "c.set(in_channels=1)",
    ],
    "t": [""],
    "p": [
        "",
        "p.set(**pools['detector'])",
        "p.set(**pools['RGB channels'])",
        "p.set(pooling='average', kernel_size=3, padding=1)",
        "p.set(pooling='median', padding=0, ceil_mode=True)",
        "p.set(**pools['handwritten digit'])",
        "p.set(pooling='L2', kernel_size=1, stride=None)",
        "p.set(pooling='average', kernel_size=5, stride=1, padding=2, input=four)",
        "p.set(pooling='max', pinned=dict(pinned, channel=1), channel=1)",
    ],
    "s": [
        "",
        "s.set(transform='rotate', angle=45)",
        "s.set(transform='scale', factor=0.6)",
        "s.set(image='weather: vorticity', transform='shift', padding_mode='zeros')",
        f"s.set(image='photo', layers={NETWORK}, shift=(1, -16), wrap=False)",
        f"s.layers = {[*NETWORK[:-1], 'global_avg_pool']}",
    ],
    "m": ["", "m.set(digit=19, shift=(-4, 3))"],
    "r": [
        "",
        "r.set(layer=0, unit=(0, 31), axis='height')",
        "r.set(layers=stacks['causal']['layers'], image='none', input_size=(32, 200), layer=None)",
        "r.set(**stacks['ResNet-50'], layer=None, unit=(0, 0))",
        "r.set(**stacks['small U-Net'], layer=None, unit=(16, 63), axis='width')",
        "r.set(**stacks['U-Net'], layer=5)",
        "r.set(layers=stacks['dilated 2-2-2']['layers'], image=np.ones((8, 512)), layer=None)",
    ],
    "n": [
        "",
        "n.set(filters=True, same_scale=False, order='mean')",
        "n.set(layer='3', image=1, channel=79, filters=False)",
        "n.set(layer='4', order='number')",
    ],
    "b": [
        "",
        "b.set(**b.case('bottleneck 256→512, stride 2').get_state(b.resets[:9]))",
        "b.part = 'conv2'",
        "b.set(norm=False, activation=False, part=None)",
        "b.set(view='signal', norm=True, activation=True)",
        "b.set(skip='none', pinned=None)",
        "b.set(block='basic', stride=1, skip='identity', in_channels=512, step=11)",
        "b.set(order='pre-activation', step=None, skip='projection', input=np.ones((6, 6)))",
        "b.view = 'depth'",
        "b.set(blocks=50, norm=False, scale=0.2, order='original')",
    ],
    "q": [
        "",
        "q.set(view='contours', position=(3, 20), pinned=True)",
        "q.set(view='cut', along='direction 2', ceiling=3)",
        "q.set(view='surface', logarithmic=False, camera=(140, 60))",
        "q.set(view='contours', ceiling=0.5)",
    ],
    "d": [
        "",
        "d.set(name='ResNet-50', selected='layer3')",
        "d.set(name='ResNet-152', selected='layer2.0', layer='layer2.0: add')",
        "d.set(name='VGG16', input_size=33)",
        "d.set(input_size=21)",
        "d.set(name='DenseNet-121', input_size=(224, 160))",
        "d.set(name='U-Net', input_size=64)",
        "d.set(input_size=(49, 64))",
    ],
    "g": [
        "",
        "g.set(view_from='globe', shift=24, lead=4, position=(30, 0), pinned=True)",
        "g.set(network='persistence', lead=0)",
    ],
    "u": [
        "",
        "u.set(selected='encoder.1', pixel=(3, 60))",
        "u.set(selected='decoder.0.first', skip=False)",
        "u.set(selected=None, **u._cases['the original: 572 → 388'])",
        "u.set(selected='skip.3', pixel=(0, 0))",
        "u.set(**u._cases['721×1440: does not divide'])",
        "u.set(padding='valid', depth=5, input_size=1020, up='resize', norm=True, selected='bottom')",
        "u.set(depth=1, width=1, padding='same', input_size=(8, 512))",
        "u.set(depth=3, width=2, input_size=(512, 3), padding='valid')",
    ],
    "x": ["", "x.set(layer='0', side=1)", "x.set(layer='3', logarithmic=True, side=127)"],
}  # fmt: skip
# The most pixels that a widget may be high in a window 1280 wide, whatever its state.
HEIGHTS = {variable: {"large": 565, "not large": 760} for variable in WIDGETS} | {
    "e": {"large": 850, "not large": 760},  # four channels
    "f": {"large": 590, "not large": 760},  # a kernel of 7×7
    "c": {"large": 565, "not large": 565},
    "p": {"large": 640, "not large": 640},
    "r": {"large": 615, "not large": 760},  # a slider for the size of the input
    "n": {"large": 590, "not large": 760},  # 64 maps, wider than high
}


def each_state(lab, notebook, *variables, large=False):
    """Shows the widgets in all their states, one after another."""
    for variable in variables or WIDGETS:
        shown = run(notebook, WIDGETS[variable])
        notebook.execute(f"{variable}.large = {large}")
        for code in STATES[variable]:
            notebook.execute(code)
            shown.settle(4)
            # a curve in the making
            shown.root.locator(".cnn-error-curve[data-stale=true]").wait_for(state="detached")
            yield f"{variable} after {code!r}", shown
