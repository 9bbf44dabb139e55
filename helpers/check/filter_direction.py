"""Exercise of lesson 5: a random direction, rescaled filter by filter to the weights' norms."""

import contextlib
import dataclasses

from .answers import Mistake, check_function
from .verdict import RIGHT, Verdict, listing, to_numbers

NAME = "my_direction"


def my_direction(function):
    """Verdict on f(weight, noise): each filter of the noise gets the norm of the weight's filter.

    Both (O, I, kh, kw); a filter is what makes one output channel, weight[o], and its norm the
    Frobenius norm, the root of the sum of its squares. A filter of zeros gives zeros. (Li et al.
    2018, Visualizing the loss landscape of neural nets, arXiv:1712.09913, section 4.)
    """
    for case in _cases():
        verdict = check_function(
            function, _filter_by_filter, [case], mistakes=_mistakes(), outputs=("direction",),
            name=NAME, hint="For each filter o: noise[o] divided by its norm, times the norm of "
            "weight[o].")
        if not verdict:
            case = _norms_in_words(function, *case) if verdict.case else ""
            return dataclasses.replace(verdict, case=case)
    return Verdict(RIGHT, f"Each filter has the norm of the weight's, in {len(_cases())} cases: "
                   "a step along this direction changes every filter by the same part of its size.")


def _norms_in_words(function, weight, noise):
    """Instead of all the numbers: the shapes, and the norms of the filters."""
    import torch

    def norms(values):
        return torch.linalg.vector_norm(values, dim=(1, 2, 3))

    lines = {"of weight": norms(weight), "of noise": norms(noise)}
    with contextlib.suppress(Exception, SystemExit):
        found = to_numbers(function(weight.clone(), noise.clone()))
        if found.shape == weight.shape:
            lines["of yours"] = norms(torch.from_numpy(found))
    return (f"weight and noise of shape {tuple(weight.shape)}\nnorms of the filters\n"
            + listing(**lines))


def _cases():
    """First whole numbers with whole norms; then as many filters as columns; then zeros."""
    import torch

    generator = torch.Generator().manual_seed(12)
    weight = torch.tensor([[1.0, 1, 3, 5, 4, 4, 4, 4], [1, 2, 1, 2, 1, 2, 1, 3],
                           [8, 8, 8, 8, 2, 6, 2, 10]])  # norms 10, 5, 20
    noise = torch.tensor([[2.0, -1, 1, 1, -2, 1, 3, 2], [2, 2, -6, 2, 4, 4, -2, 4],
                          [-1, 2, 1, 1, 3, -2, 2, 1]])  # norms 5, 10, 5
    cases = [(weight.view(3, 2, 2, 2), noise.view(3, 2, 2, 2))]
    for shape in [(3, 2, 5, 3), (2, 4, 2, 2), (4, 1, 1, 4), (5, 3, 1, 1)]:
        scale = torch.logspace(-1, 1, shape[0]).view(-1, 1, 1, 1)
        cases.append((torch.randn(shape, generator=generator) * scale + 0.2,
                      torch.randn(shape, generator=generator)))
    weight, noise = (torch.randn(3, 2, 3, 3, generator=generator) for _ in range(2))
    weight[1] = 0
    return [*cases, (weight, noise)]


def _filter_by_filter(weight, noise):
    """The definition, in double precision."""
    import torch

    filters = []
    for w, d in zip(weight.double(), noise.double()):
        filters.append(d / (d**2).sum().sqrt() * (w**2).sum().sqrt())
    return torch.stack(filters)


def _mistakes():
    import torch

    def size(values, dims=(1, 2, 3), p=2):
        return torch.linalg.vector_norm(values, p, dim=dims, keepdim=True)

    def ratio(dims, p=2):
        return lambda weight, noise: noise * size(weight, dims, p) / size(noise, dims, p)

    def of(change):
        """A direction that does something else with the norms."""
        return lambda weight, noise: change(weight, noise, size(weight), size(noise))

    whole = (0, 1, 2, 3)
    kernel = ("Each kernel is rescaled by itself. A filter is what makes one output channel, with "
              "its kernels for all input channels: weight[o].")
    square = "A norm is the root of the sum of the squares: the root is missing."
    other = "The Frobenius norm is asked for, the root of the sum of the squares; yours is {}."
    back = ("The factor of each filter must meet the filters, the first axis: keepdim=True, or "
            ".view(-1, 1, 1, 1).")
    return [
        Mistake(ratio(whole), "The whole layer is rescaled by one factor. Each filter, weight[o], "
                "gets a factor of its own."),
        Mistake(ratio((2, 3)), kernel),
        Mistake(ratio((0, 2, 3)), "You rescale for each input channel, the second axis. A filter "
                "is what makes one output channel, the first: weight[o]."),
        Mistake(ratio((1,)), "You take norms over the input channels alone. A filter has kernel "
                "rows and columns, too: dim=(1, 2, 3)."),
        Mistake(ratio((0,)), "You take norms over the filters. A norm for each filter: "
                "dim=(1, 2, 3)."),
        Mistake(ratio((3,)), "You rescale each row of a kernel by itself. A filter is weight[o], "
                "all of it: dim=(1, 2, 3)."),
        Mistake(of(lambda w, d, nw, nd: d / nd), "Each filter has the norm 1 now. It should have "
                "that of the weight's filter: multiply by it."),
        Mistake(lambda w, d: d / size(d, whole), "The noise has the norm 1 now, as a whole. Each "
                "filter should have that of the weight's filter."),
        Mistake(of(lambda w, d, nw, nd: d * nw), "The noise has a norm of its own: divide by it "
                "first."),
        Mistake(of(lambda w, d, nw, nd: d * nw / nd**2), "You divide by the square of the norm of "
                "the noise (the sum of its squares, without the root, perhaps)."),
        Mistake(of(lambda w, d, nw, nd: d * nw**2 / nd**2), square),
        Mistake(of(lambda w, d, nw, nd: d * nw**2 / nd), square),
        Mistake(of(lambda w, d, nw, nd: d * nd / nw), "The factor stands upside down: divide by "
                "the norm of the noise, multiply by that of the weight."),
        Mistake(of(lambda w, d, nw, nd: w * nd / nw), "You have rescaled the weight. The direction "
                "is the noise, with the norm of the weight."),
        Mistake(of(lambda w, d, nw, nd: w / nw), "That is the weight. The direction is the noise, "
                "with the norm of the weight."),
        Mistake(of(lambda w, d, nw, nd: w + d * nw / nd), "The direction alone is asked for, "
                "without the weight that it starts from."),
        Mistake(of(lambda w, d, nw, nd: d * w), "You multiply by the weight itself, number by "
                "number: by its norm, one for each filter."),
        Mistake(of(lambda w, d, nw, nd: d * w.abs() / nd), "You multiply by the weight itself, "
                "number by number: by its norm, one for each filter."),
        Mistake(of(lambda w, d, nw, nd: -d * nw / nd), "The sign is the other one."),
        Mistake(of(lambda w, d, nw, nd: d.abs() * nw / nd), "The signs of the noise are lost."),
        Mistake(of(lambda w, d, nw, nd: nw / nd), "Those are the factors. Multiply the noise by "
                "them."),
        Mistake(of(lambda w, d, nw, nd: (nw / nd).flatten()), "Those are the factors. Multiply the "
                "noise by them."),
        Mistake(ratio((1, 2, 3), 1), other.format("the sum of the absolute values")),
        Mistake(ratio((1, 2, 3), float("inf")), other.format("the largest absolute value")),
        Mistake(of(lambda w, d, nw, nd: d * _std(w) / _std(d)), other.format("a standard "
                "deviation, which takes the mean away first")),
        Mistake(of(lambda w, d, nw, nd: (d - d.mean((1, 2, 3), keepdim=True)) / _std(d) * _std(w)),
                "You standardize the filters. Their means stay: only the norm changes."),
        Mistake(lambda w, d: d * w.sum((1, 2, 3), keepdim=True) / d.sum((1, 2, 3), keepdim=True),
                other.format("the sum")),
        Mistake(lambda w, d: d, "That is the noise as it came."),
        Mistake(lambda w, d: w, "That is the weight."),
        Mistake(of(lambda w, d, nw, nd: (d / nd * nw).flatten(1)), "The direction keeps the shape "
                "of the weight: (O, I, kh, kw)."),
        Mistake(of(lambda w, d, nw, nd: (d * nw / nd)[0]), "That is the first filter alone: return "
                "after the loop."),
        # Norms (O,) or (O, I) meet the last axes. In the first case they do not fit, and PyTorch
        # says so.
        Mistake(None, back, errors=("must match the size", "size of tensor", "broadcast",
                                    "expanded size")),
        Mistake(None, "A filter has three axes, for a matrix norm there must be two: use "
                "torch.linalg.vector_norm(…, dim=(1, 2, 3)), or (weight**2).sum((1, 2, 3)).sqrt().",
                errors=("linalg.matrix_norm", "linalg.norm", "must be of length 1 or 2",
                        "length 2")),
        Mistake(None, "torch.stack makes one tensor of a list of filters.",
                errors=("only one element tensors", "only integer tensors")),
        Mistake(None, "Nothing may be written into weight or noise: make new tensors.",
                errors=("leaf Variable", "in-place")),
    ]


def _std(values):
    return values.std((1, 2, 3), keepdim=True)
