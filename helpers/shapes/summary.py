"""Shapes, parameters and multiplications of every layer of a PyTorch model."""

from typing import NamedTuple

from .arguments import whole
from .copies import detached_copy, kind_of_numbers, parts_of
from .layers import in_short, is_layer, multiplications, repair
from .table import html_table, text_table

HEAD = "name", "layer", "input", "output", "parameters", "multiplications"


class Row(NamedTuple):
    """One call of a layer; or parameters that belong to none, with () for a missing shape."""

    name: str
    layer: str
    input_shape: tuple
    output_shape: tuple
    parameters: int
    multiplications: int

    def texts(self):
        shapes = [str(shape) if shape else "–" for shape in (self.input_shape, self.output_shape)]
        counts = [f"{count:,}" if count else "–" for count in self[4:]]
        return [self.name, self.layer, *shapes, *counts]


class Summary:
    """The rows of `summarize`, in the order of the calls; printed and shown as a table."""

    def __init__(self, name, input_shape, rows):
        self.name, self.input_shape, self.rows = name, input_shape, rows

    @property
    def parameters(self):
        """How many numbers the model holds in its parameters, frozen ones too."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiplications(self):
        """How many multiplications its convolutions and dense layers cost for this input."""
        return sum(row.multiplications for row in self.rows)

    def __len__(self):
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows)

    def __getitem__(self, index):
        return self.rows[index]

    def _title(self):
        return f"{self.name} on an input of shape {self.input_shape}"

    def _total(self):
        return ["total", "", "", "", f"{self.parameters:,}", f"{self.multiplications:,}"]

    def __repr__(self):
        rows = [*(row.texts() for row in self), self._total()]
        return "\n".join([self._title(), *text_table(HEAD, rows, numbers=2)])

    def _repr_html_(self):
        rows = [row.texts() for row in self]
        return html_table(self._title(), HEAD, rows, numbers=2, total=self._total())


def summarize(model, input_size):
    """Run a model once on zeros, and list the shapes and costs of its layers: a `Summary`.

    `input_size` is (C, H, W), for a batch of one image, or the whole shape, as (N, C, H, W); any
    other number of axes is a whole shape, too: (N, features), or (C, L) for a sequence.
    One row per call of a layer: its name and settings, the shapes of its (first) input and output,
    its parameters, and its multiplications, which are as many multiply–adds. A layer that is called
    twice has two rows, its parameters in the first. Parameters that the model uses outside of its
    layers have rows of their own, without an input; so have layers that were not called.

    Multiplications are counted, for the whole batch, in convolutions, transposed convolutions (all
    stamps, those that the padding cuts off too) and dense layers (nn.Linear). Not counted: biases,
    normalization, activations, pooling, recurrent layers, attention (nn.MultiheadAttention), and
    whatever the model computes by functions, such as F.conv2d or `@`.

    The model stays as it is: a copy runs, with weights of its own, in evaluation mode, without
    its hooks and on its device. On the meta device nothing is computed but shapes.
    Raises ValueError where the forward pass fails, with the layer, the shape that it got,
    PyTorch's reason and, for the usual mismatches, the repair.
    """
    import torch

    if not isinstance(model, torch.nn.Module):
        made = f"{model.__name__}()" if isinstance(model, type) else "nn.Sequential(…)"
        raise ValueError(
            f"summarize: model must be a PyTorch model, but is {model!r}. Use {made}."
        )
    shape, kind = _whole_shape(input_size), type(model).__name__
    model = _copy(model)
    parts = {}
    for part, name in parts_of(model):
        parts.setdefault(part, name)  # a shared module has the first of its names
    rows, running, counted = [], [], set()

    def new(parameters):
        """How many numbers the parameters hold that are in no row yet."""
        fresh = {id(p): p.numel() for p in parameters if id(p) not in counted}
        counted.update(fresh)
        return sum(fresh.values())

    def before(module, args, kwargs):
        running.append((module, _shape_of((args, kwargs))))
        if not is_layer(module):
            for name, p in module.named_parameters(parts[module], recurse=False):
                if number := new([p]):
                    rows.append(Row(name, "Parameter", (), tuple(p.shape), number, 0))

    def after(module, args, kwargs, output):
        while running[-1][0] is not module:  # left by an error that the model has caught
            running.pop()
        _, x = running.pop()
        if is_layer(module):
            y, number = _shape_of(output), new(module.parameters())
            products = multiplications(module, x, y)
            rows.append(Row(parts[module] or kind, in_short(module), x, y, number, products))

    for module in parts:
        module.register_forward_pre_hook(before, with_kwargs=True)
        module.register_forward_hook(after, with_kwargs=True)
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            model(torch.zeros(shape, **kind_of_numbers(model)))
    except Exception as error:
        raise ValueError(_failure(kind, parts, running, error)) from error
    for module, name in parts.items():
        if number := new(module.parameters(recurse=is_layer(module))):
            rows.append(Row(name or kind, in_short(module), (), (), number, 0))
    return Summary(kind, shape, rows)


def _whole_shape(input_size):
    shape = input_size if isinstance(input_size, (tuple, list)) else (input_size,)
    shape = tuple(whole("summarize", "input_size", n) for n in shape)
    return (1, *shape) if len(shape) == 3 else shape


def _copy(model):
    """The copy that runs."""
    import torch

    lazy = [m for m in model.modules() if getattr(m, "has_uninitialized_params", bool)()]
    if lazy:
        raise ValueError(
            f"summarize: {type(lazy[0]).__name__} does not know its size yet. "
            f"Call the model once before, on an input of that size."
        )
    return detached_copy(model)


def _shape_of(values):
    """The shape of the first tensor among (nested) values; () if there is none."""
    if hasattr(values, "shape"):
        return tuple(values.shape)
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (tuple, list)):
        return ()
    return next(filter(None, map(_shape_of, values)), ())


def _failure(kind, parts, running, error):
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    if not running:
        return f"summarize: {kind} fails: {reason}."
    module, x = running[-1]
    where = "in its forward"
    if name := parts[module]:
        where = f'in "{name}", {in_short(module)},'
    texts = [f"summarize: {kind} fails {where} on an input of shape {x}: {reason}."]
    return " ".join(filter(None, [*texts, repair(module, x)]))
