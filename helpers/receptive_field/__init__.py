"""What the units of any PyTorch model see of its input.

    from helpers import receptive_field
    receptive_field(model, input_size=(3, 224, 224))

shows one row per layer: the size, stride and padding of its receptive field, branches, dilation
and upsampling included. `effective_receptive_field(model, x)` measures how much of it counts.

The function has the module's name. So the module itself can be called, which is the same as
calling `helpers.receptive_field.receptive_field`; it does not matter what was imported first.
"""

import sys
from types import ModuleType

from .axis import Axis
from .effective import effective_receptive_field
from .table import LayerField, ReceptiveFields, receptive_field

__all__ = [
    "Axis",
    "LayerField",
    "ReceptiveFields",
    "effective_receptive_field",
    "receptive_field",
]


class _Callable(ModuleType):
    """This module: `from helpers import receptive_field` always finds it, and can call it."""

    def __call__(self, model, input_size):
        return receptive_field(model, input_size)

    __call__.__doc__ = receptive_field.__doc__


sys.modules[__name__].__class__ = _Callable
