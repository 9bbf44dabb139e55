"""A ConvLSTM cell: a memory for each pixel, and gates that are convolutions."""

import torch
from torch import nn

from .parts import seeded
from .unet import modes_of, padded_convolution


class ConvLSTMCell(nn.Module):
    """One step of a convolutional LSTM: x (N, in, H, W), state (h, c) -> the next (h, c).

    h (N, hidden, H, W) is what the cell says, c its memory. One convolution of x and h together
    makes the four gates, in PyTorch's order i, f, g, o:

        i = σ(…)    how much of the new is written        c′ = f·c + i·g
        f = σ(…)    how much of the memory stays          h′ = o·tanh(c′)
        g = tanh(…) the new
        o = σ(…)    how much of the memory is said

    At the start h and c are zeros, and the forget gate's bias is 1, so that the memory stays. All
    sizes are kept: kernel_size is odd. padding_mode: one word, or two for (height, width), as in `UNet`. Without the peephole
    connections of the paper. (Shi et al., *Convolutional LSTM network: a machine learning approach for
    precipitation nowcasting*, 2015, arXiv:1506.04214, equation 3.) Raises ValueError for an even
    kernel_size.
    """

    def __init__(self, in_channels, hidden_channels, kernel_size=3, padding_mode="zeros", seed=0):
        super().__init__()
        if kernel_size % 2 == 0:
            raise ValueError(
                f"ConvLSTMCell: kernel_size={kernel_size!r} has no middle, so the maps would not keep "
                f"their size. Use {kernel_size - 1} or {kernel_size + 1}."
            )
        self.hidden_channels = hidden_channels
        with seeded(seed):
            sizes = in_channels + hidden_channels, 4 * hidden_channels
            modes = modes_of(padding_mode)
            self.conv = nn.Sequential(*padded_convolution(*sizes, modes, kernel_size=kernel_size))
        with torch.no_grad():
            self.conv[-1].bias[hidden_channels : 2 * hidden_channels] = 1

    def start(self, x):
        """The state before the first step: two maps of zeros (N, hidden, H, W)."""
        empty = x.new_zeros(len(x), self.hidden_channels, *x.shape[2:])
        return empty, empty

    def gates(self, x, state=None):
        """{"i", "f", "g", "o"}: maps (N, hidden, H, W), each already between its bounds."""
        h, _ = state or self.start(x)
        i, f, g, o = self.conv(torch.cat([x, h], dim=1)).chunk(4, dim=1)
        return {"i": i.sigmoid(), "f": f.sigmoid(), "g": g.tanh(), "o": o.sigmoid()}

    def forward(self, x, state=None):
        """The next state."""
        state = state or self.start(x)
        i, f, g, o = self.gates(x, state).values()
        c = f * state[1] + i * g
        return o * c.tanh(), c


class ConvLSTM(nn.Module):
    """Maps in a row, read one after another, to one map: (N, T, in, H, W) -> (N, out, H, W).

    A `ConvLSTMCell` with `hidden` channels goes through the T maps, and a 1×1 convolution reads what
    it says at the end.
    """

    def __init__(self, in_channels, out_channels, hidden=12, kernel_size=3, padding_mode="zeros", seed=0):
        super().__init__()
        self.cell = ConvLSTMCell(in_channels, hidden, kernel_size, padding_mode, seed)
        with seeded(seed):
            self.last = nn.Conv2d(hidden, out_channels, 1)

    def forward(self, x):
        """What is said after the last map."""
        state = None
        for one in x.unbind(1):
            state = self.cell(one, state)
        return self.last(state[0])
