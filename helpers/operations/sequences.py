"""Convolution in one dimension, forward and backward, as two plain loops."""

import numpy as np

from helpers.operations.arguments import check_axes, numbers


def conv1d(x, w):
    """y[i] = Σₖ w[k] · x[i + k], for every place where the kernel w fits into the sequence x.

    Raises ValueError if x or w is not 1-D, or w is longer than x.
    """
    x, w = _sequences("conv1d", x, w)
    y = np.zeros(len(x) - len(w) + 1, np.result_type(x, w))
    for i in range(len(y)):
        for k in range(len(w)):
            y[i] += w[k] * x[i + k]
    return y


def conv1d_backward(x, w, dy):
    """The gradients (dx, dw) of a loss, from its gradient dy with respect to y = conv1d(x, w).

    w[k] touched x[i + k] wherever y[i] was made: dw correlates x with dy. x[i + k] reached y[i]
    through w[k]: dx scatters dy through the kernel, a transposed convolution.
    Raises ValueError as `conv1d` does, or if dy is not as long as y.
    """
    x, w = _sequences("conv1d_backward", x, w)
    dy = numbers("conv1d_backward", "dy", dy)
    check_axes("conv1d_backward", "dy", dy, 1)
    if len(dy) != len(x) - len(w) + 1:
        raise ValueError(
            f"conv1d_backward: dy has {len(dy)} numbers, but y has {len(x) - len(w) + 1} "
            f"({len(x)} − {len(w)} + 1). Use one number for each number of conv1d(x, w)."
        )
    dx = np.zeros(len(x), np.result_type(w, dy))
    dw = np.zeros(len(w), np.result_type(x, dy))
    for i in range(len(dy)):
        for k in range(len(w)):
            dw[k] += dy[i] * x[i + k]
            dx[i + k] += dy[i] * w[k]
    return dx, dw


def _sequences(operation, x, w):
    x, w = numbers(operation, "x", x), numbers(operation, "w", w)
    check_axes(operation, "x", x, 1)
    check_axes(operation, "w", w, 1)
    if not 1 <= len(w) <= len(x):
        raise ValueError(
            f"{operation}: a kernel w of {len(w)} numbers does not fit into an x of {len(x)}. "
            f"Use 1 to {len(x)} numbers, or lengthen x with zeros."
        )
    return x, w
