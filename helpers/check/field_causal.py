"""Exercise of lesson 4: a causal dilated convolution, which looks into the past only."""

from .answers import Mistake, check_function


def my_causal_conv1d(function):
    """Verdict on f(x, weight, dilation): a convolution over time that never sees the future.

    x (N, C, L), weight (O, C, K), both float tensors → y (N, O, L). y at t is the sum over k of
    weight[…, k] · x at t − (K − 1 − k) · dilation: the last weight meets the present, and before
    the sequence there are zeros. (van den Oord et al. 2016, WaveNet, arXiv:1609.03499.)
    """
    return check_function(
        function, _term_by_term, _cases(), mistakes=_mistakes(), name="my_causal_conv1d",
        hint="Put as many zeros before the sequence as the window reaches back, F.pad(x, (…, 0)), "
             "then F.conv1d(…, weight, dilation=dilation).",
    )


def _cases():
    """First one channel, in which each usual mistake shows."""
    import torch

    generator = torch.Generator().manual_seed(3)

    def whole(*shape):
        return torch.randint(-4, 5, shape, generator=generator).float()

    x = torch.tensor([[[1.0, 3, 0, 2, 5, 1, 4, 2]]])
    settings = [((2, 1, 6), (1, 1, 3), 1), ((1, 2, 9), (3, 2, 2), 3), ((2, 3, 5), (2, 3, 4), 4),
                ((1, 1, 4), (2, 1, 1), 2), ((3, 2, 12), (2, 2, 5), 2)]
    return [(x, torch.tensor([[[1.0, 2, 4]]]), 3),
            *((whole(*of_x), whole(*of_weight), d) for of_x, of_weight, d in settings)]


def _term_by_term(x, weight, dilation):
    """The definition: each weight meets the sequence from so many steps ago."""
    import torch

    y = torch.zeros(x.shape[0], weight.shape[0], x.shape[2])
    for k in range(weight.shape[2]):
        back = (weight.shape[2] - 1 - k) * dilation
        past = x[:, :, : max(x.shape[2] - back, 0)]
        y[:, :, back:] += torch.einsum("oc,nct->not", weight[:, :, k], past)
    return y


def _mistakes():
    import torch.nn.functional as F

    def padded(before, behind=lambda k, d: 0, dilated=True, change=lambda weight: weight, **more):
        """F.conv1d behind F.pad with so many zeros before and behind."""
        def function(x, weight, dilation):
            k, d = weight.shape[2], dilation
            if before(k, d) + behind(k, d) + x.shape[2] <= (k - 1) * (d if dilated else 1):
                raise ValueError("the window does not fit")
            x = F.pad(x, (before(k, d), behind(k, d)), **more)
            return F.conv1d(x, change(weight), dilation=d if dilated else 1)
        return function

    def reach(k, d):
        return (k - 1) * d

    def cut(function):
        """As long as the input, from the start."""
        return lambda x, weight, dilation: function(x, weight, dilation)[..., : x.shape[2]]

    future = ("Half of your zeros stand behind the sequence: the output at t sees the future. All "
              "of them belong before it.")
    short = "The output is too short: nothing is padded. y has an entry for each step of x."
    undilated = ("Too few zeros: kernel_size − 1 are enough without dilation. How far back does "
                 "the dilated window reach?")
    return [
        Mistake(padded(lambda k, d: reach(k, d) // 2, lambda k, d: reach(k, d) - reach(k, d) // 2),
                future),
        Mistake(padded(lambda k, d: 0, reach), "Your zeros stand behind the sequence, so that the "
                "output sees only the present and the future: F.pad takes (before, behind)."),
        Mistake(padded(reach, change=lambda weight: weight.flip(2)), "The kernel is flipped: the "
                "last weight meets the present, the first the oldest step."),
        Mistake(cut(padded(lambda k, d: reach(k, d) + 1)), "The output is one step late: at t it "
                "sees x at t − dilation, …, but not the present. One zero too many."),
        Mistake(cut(padded(lambda k, d: reach(k, d) + d)), "The present is left out: the last "
                "weight meets x at t itself."),
        Mistake(cut(padded(lambda k, d: reach(k, d) // 2, reach)), future),
        Mistake(padded(lambda k, d: k - 1, dilated=False),
                "The dilation is not used: neighbouring weights meet steps `dilation` apart."),
        Mistake(cut(padded(reach, dilated=False)), "F.conv1d does not know of the dilation: "
                "F.conv1d(…, dilation=dilation)."),
        Mistake(padded(reach, dilated=False), "F.conv1d does not know of the dilation: "
                "F.conv1d(…, dilation=dilation)."),
        Mistake(padded(reach, mode="replicate"), "Before the sequence there are zeros, not its "
                "first value."),
        Mistake(padded(reach, mode="circular"), "Before the sequence there are zeros; in yours its "
                "end stands there, the future."),
        Mistake(padded(lambda k, d: 0), short),
        Mistake(padded(lambda k, d: 0, dilated=False), short + " And the dilation is not used."),
        Mistake(padded(lambda k, d: k - 1), undilated),
        Mistake(padded(reach, reach), "Both sides are padded, as padding=… does: the zeros behind "
                "the sequence are too many. Leave them out, or cut what comes of them."),
        Mistake(padded(lambda k, d: k * d), "Too many zeros: a window of kernel_size weights "
                "reaches kernel_size − 1 steps back from the present."),
        Mistake(padded(lambda k, d: k), undilated),
        Mistake(padded(lambda k, d: reach(k, d) + 1), "One zero too many: the first output sees x "
                "at 0 as its present."),
        Mistake(lambda x, w, d: x.new_zeros(x.shape[0], w.shape[0], x.shape[2]),
                "Only zeros came out: nothing has been written into y."),
        Mistake(lambda x, w, d: x, "That is x itself."),
        Mistake(None, "F.pad counts from the last axis: F.pad(x, (before, behind)) pads the time.",
                errors=("to have", "channels")),
        Mistake(None, "The window is longer than the sequence: are there zeros before it?",
                errors=("greater than actual input", "Kernel size can't", "size of tensor",
                        "must match", "out of range")),
    ]
