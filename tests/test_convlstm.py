"""The ConvLSTM against its equations, written out number by number."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from helpers import ConvLSTMCell
from helpers.models import ConvLSTM, count_parameters


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


def by_hand(cell, x, h, c):
    """(h′, c′) of one example, hidden channels first in the order i, f, g, o; zeros beyond the edges."""
    layer = next(m for m in cell.modules() if isinstance(m, nn.Conv2d))
    weight, bias = layer.weight.tolist(), layer.bias.tolist()
    maps = [*x.tolist(), *h.tolist()]  # x before h
    hidden, rows, columns = h.shape
    kernel = len(weight[0][0])
    new_h, new_c = np.zeros(h.shape), np.zeros(h.shape)
    for n, row, column in np.ndindex(hidden, rows, columns):
        a = {}
        for k, gate in enumerate("ifgo"):
            total = bias[k * hidden + n]
            for m, values in enumerate(maps):
                for i in range(kernel):
                    for j in range(kernel):
                        y, z = row + i - kernel // 2, column + j - kernel // 2
                        if 0 <= y < rows and 0 <= z < columns:
                            total += weight[k * hidden + n][m][i][j] * values[y][z]
            a[gate] = total
        new_c[n, row, column] = (
            sigmoid(a["f"]) * c[n, row, column] + sigmoid(a["i"]) * math.tanh(a["g"])
        )
        new_h[n, row, column] = sigmoid(a["o"]) * math.tanh(new_c[n, row, column])
    return new_h, new_c


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_a_step_is_that_of_the_equations(kernel_size):
    cell = ConvLSTMCell(3, 2, kernel_size, seed=4).double()
    generator = torch.Generator().manual_seed(1)
    x, h, c = (torch.randn(2, n, 4, 5, generator=generator, dtype=torch.double) for n in (3, 2, 2))
    with torch.no_grad():
        new_h, new_c = cell(x, (h, c))
    for n in (0, 1):
        wanted_h, wanted_c = by_hand(cell, x[n], h[n], c[n])
        np.testing.assert_allclose(new_h[n], wanted_h, atol=1e-12)
        np.testing.assert_allclose(new_c[n], wanted_c, atol=1e-12)


def test_without_a_state_the_memory_is_empty():
    cell, x = ConvLSTMCell(1, 2), torch.randn(3, 1, 4, 6)
    zeros = torch.zeros(3, 2, 4, 6)
    for ours, wanted in zip(cell(x), cell(x, (zeros, zeros))):
        assert torch.equal(ours, wanted)
    assert all(torch.equal(part, zeros) for part in cell.start(x))


def test_the_gates_stay_within_their_bounds_and_the_forget_gate_starts_open():
    cell = ConvLSTMCell(2, 3)
    gates = cell.gates(30 * torch.randn(4, 2, 8, 8))
    assert list(gates) == ["i", "f", "g", "o"] and {g.shape for g in gates.values()} == {(4, 3, 8, 8)}
    for name, gate in gates.items():
        low = -1 if name == "g" else 0
        assert low <= gate.min() < low + 0.01 and 0.99 < gate.max() <= 1
    bias = next(m for m in cell.modules() if isinstance(m, nn.Conv2d)).bias.detach().reshape(4, 3)
    assert (bias[1] == 1).all() and not (bias == 1)[[0, 2, 3]].any()


def test_the_gates_are_those_that_the_step_uses():
    cell = ConvLSTMCell(2, 3)
    x, h, c = torch.randn(1, 2, 5, 5), torch.randn(1, 3, 5, 5), torch.randn(1, 3, 5, 5)
    gates, (new_h, new_c) = cell.gates(x, (h, c)), cell(x, (h, c))
    torch.testing.assert_close(new_c, gates["f"] * c + gates["i"] * gates["g"])
    torch.testing.assert_close(new_h, gates["o"] * torch.tanh(new_c))


def test_beyond_the_last_longitude_lies_the_first():
    cell = ConvLSTMCell(1, 2, padding_mode=("replicate", "circular")).double()
    x, h, c = (torch.randn(1, n, 4, 6, dtype=torch.double) for n in (1, 2, 2))
    rolled = cell(x.roll(2, -1), (h.roll(2, -1), c.roll(2, -1)))
    for ours, wanted in zip(rolled, cell(x, (h, c))):
        torch.testing.assert_close(ours.roll(-2, -1), wanted)
    assert not torch.allclose(cell(x.roll(1, -2))[0].roll(-1, -2), cell(x)[0])


@pytest.mark.parametrize("kernel_size", [2, 4])
def test_a_kernel_without_a_middle_is_refused(kernel_size):
    near = f"Use {kernel_size - 1} or {kernel_size + 1}."
    with pytest.raises(ValueError, match=f"kernel_size={kernel_size} has no middle.* {near}"):
        ConvLSTMCell(1, 1, kernel_size)


def test_a_seed_fixes_the_weights_and_leaves_torchs_random_numbers_alone():
    state = torch.random.get_rng_state()
    a, b, c = (next(ConvLSTMCell(1, 2, seed=seed).parameters()) for seed in (0, 0, 1))
    assert torch.equal(a, b) and not torch.equal(a, c)
    ConvLSTM(1, 1)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_maps_are_read_in_their_order_and_the_last_word_counts():
    model = ConvLSTM(2, 3, hidden=4, padding_mode=("replicate", "circular")).double()
    x = torch.randn(2, 3, 2, 6, 8, dtype=torch.double)
    h = c = torch.zeros(2, 4, 6, 8, dtype=torch.double)
    for n in range(3):
        h, c = model.cell(x[:, n], (h, c))
    weight, bias = model.last.weight[:, :, 0, 0], model.last.bias
    wanted = torch.einsum("oc,nchw->nohw", weight, h) + bias[:, None, None]
    torch.testing.assert_close(model(x), wanted)
    assert not torch.allclose(model(x.flip(1)), wanted)
    assert count_parameters(model) == 4 * 4 * (9 * (2 + 4) + 1) + 3 * (4 + 1)
