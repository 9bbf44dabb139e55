"""Usual mistakes in a residual block, as blocks that can be computed and compared."""


def named_mistake(block, x, y):
    """The hint on the first mistake that makes y of x, or "".

    `block`: torchvision's BasicBlock with the participant's weights, in the same mode.
    """
    import torch

    if y.ndim == 4 and y.shape[1] == 2 * block.conv2.out_channels:
        return ("The channels are twice as many: x is concatenated (torch.cat). A residual block "
                "adds it.")
    with torch.no_grad():
        for mistake, hint in _mistakes(block):
            try:
                wrong = mistake(x)
            except RuntimeError:  # impossible for these shapes
                continue
            if wrong.shape == y.shape and torch.allclose(y, wrong, rtol=1e-4, atol=1e-4):
                return hint
    return ""


def _mistakes(block):
    """Pairs (function of x, hint). F(x) is norm(conv(relu(norm(conv(x)))))."""
    from torch import relu

    conv1, norm1, conv2, norm2 = block.conv1, block.bn1, block.conv2, block.bn2

    def skip(x):
        return x if block.downsample is None else block.downsample(x)

    def half(x):
        return relu(norm1(conv1(x)))

    def branch(x):
        return norm2(conv2(half(x)))

    def without_relu(x):
        return norm2(conv2(norm1(conv1(x))))

    def relu_first(x):
        return norm2(conv2(norm1(relu(conv1(x)))))

    forgotten = "x is not added: y = relu(F(x) + x), with the projection of x where there is one."
    overwritten = ("Not x is added, but something made of it: has x been overwritten on the way? "
                   "Keep it first, identity = x.")
    bare = ("What is added is right, but the norm {} is not used: convolution, norm, ReLU, "
            "convolution, norm, then the addition.")
    early = "The ReLU stands before the norm {}: first the convolution, then the norm, then ReLU."
    destroyed = ("x has gone through a ReLU before the skip took it (an in-place ReLU, relu_ or "
                 "inplace=True, overwrites its input): add x as it came.")
    return [
        (lambda x: branch(x) + skip(x), "The ReLU after the addition is missing: "
         "y = relu(F(x) + x)."),
        (lambda x: relu(branch(x)) + skip(x), "The last ReLU stands before the addition: you have "
         "relu(F(x)) + x. It comes after it: y = relu(F(x) + x)."),
        (lambda x: relu(relu(branch(x)) + skip(x)), "There is a ReLU too many: none stands between "
         "the second norm and the addition, so that F(x) can be negative, too."),
        (lambda x: relu(branch(x)), forgotten),
        (branch, forgotten + " And the last ReLU is missing."),
        (lambda x: relu(without_relu(x) + skip(x)), "The first ReLU, between the first norm and "
         "the second convolution, is missing: two convolutions in a row are one."),
        (lambda x: without_relu(x) + skip(x), "Both ReLUs are missing: one between the first norm "
         "and the second convolution, one after the addition."),
        (lambda x: relu(without_relu(x)) + skip(x), "The first ReLU is missing, and the last one "
         "stands before the addition: y = relu(F(x) + x)."),
        (lambda x: relu(relu_first(x) + skip(x)), early.format("of the first convolution")),
        (lambda x: relu(norm2(relu(conv2(half(x)))) + skip(x)),
         early.format("of the second convolution") + " Behind the second norm there is none."),
        (lambda x: relu(norm2(relu(conv2(norm1(relu(conv1(x)))))) + skip(x)),
         early.format("in both halves")),
        (lambda x: relu(branch(x) + relu(skip(x))), "The skip goes through a ReLU of its own: add "
         "it as it is."),
        (lambda x: relu(branch(relu(x)) + skip(relu(x))), destroyed),
        (lambda x: branch(relu(x)) + skip(relu(x)), destroyed + " And the last ReLU is missing."),
        (lambda x: relu(branch(relu(x)) + skip(x)), "F begins with a ReLU: its first layer is the "
         "convolution."),
        (lambda x: relu(branch(x) + half(x)), overwritten),
        (lambda x: relu(branch(x) + norm1(conv1(x))), overwritten),
        (lambda x: relu(branch(x) + conv1(x)), overwritten),
        (lambda x: relu(2 * branch(x)), overwritten),
        (lambda x: branch(x) + half(x), overwritten + " And the last ReLU is missing."),
        (lambda x: 2 * branch(x), overwritten + " And the last ReLU is missing."),
        (lambda x: 2 * relu(branch(x)), overwritten),
        (lambda x: relu(norm2(conv2(half(x)) + skip(x))), "The second norm stands after the "
         "addition: it belongs to the second convolution, before x is added."),
        (lambda x: relu(norm2(conv2(half(x) + skip(x)))), "x is added in the middle of the block: "
         "the addition comes after the second norm."),
        (lambda x: relu(norm2(conv2(relu(norm1(conv1(x)) + skip(x))))), "x is added in the middle "
         "of the block: the addition comes after the second norm."),
        (lambda x: relu(norm2(conv2(relu(conv1(x)))) + skip(x)),
         bare.format("of the first convolution")),
        (lambda x: relu(conv2(half(x)) + skip(x)), bare.format("of the second convolution")),
        (lambda x: relu(conv2(relu(conv1(x))) + skip(x)), bare.format("of both convolutions")),
        (lambda x: relu(branch(x) + block.downsample[0](x)) if block.downsample else skip(x)[:0],
         bare.format("of the projection")),
        (lambda x: relu(branch(x) * skip(x)), "F(x) is multiplied by x: add the two."),
        (lambda x: relu(branch(x) - skip(x)), "x is taken away from F(x): add the two."),
        (lambda x: relu(skip(x) - branch(x)), "F(x) is taken away from x: add the two."),
        (lambda x: relu(branch(x) + 2 * skip(x)), "x is added twice."),
        (lambda x: relu((branch(x) + skip(x)) / 2), "You take the mean of F(x) and x: add them."),
        (lambda x: relu(skip(x)), "F(x) is missing: only the skip comes out."),
        (skip, "F(x) is missing: only the skip comes out."),
        (lambda x: half(x), "That is the first half of F(x) alone."),
    ]
