"""Checkers of lesson 5 that ask for words and numbers, and for the depth of a network.

See block_basic.py, block_identity.py, batch_normalization.py and filter_direction.py for the
others.
"""

import dataclasses
import math
import re

import numpy as np

from .answers import Mistake
from .maps_and_words import check_words
from .several_answers import check_formula, check_numbers
from .verdict import RIGHT, WRONG, Verdict, not_tried, to_numbers


def needs_projection(answer):
    """Verdict on whether the skip of five blocks needs a projection: True or False for each.

    (a) 64 → 64, stride 1, (b) 64 → 128, stride 2, (c) 128 → 128, stride 2, (d) 64 → 256, stride 1,
    the first bottleneck of ResNet-50, (e) 256 → 256, stride 1, the second.
    """
    same = ("As many channels come out as go in, and no position is skipped: what keeps you from "
            "adding x as it is?")
    half = ("The maps that come out of F are half as high and wide as x. Can x be added to them "
            "as it is?")
    parts = {
        "a": ("false", {"true": same}),
        "b": ("true", {"false": "x has 64 maps, F(x) has 128, and they are smaller. Can the two be "
                       "added?"}),
        "c": ("true", {"false": "The number of channels is the same, but look at the stride. "
                       + half}),
        "d": ("true", {"false": "The size stays, but F(x) has 256 maps and x has 64. What would "
                       "the other 192 be added to?"}),
        "e": ("false", {"true": same + " The 64 channels inside of the bottleneck are the branch's "
                        "own affair."}),
    }
    verdict = check_words(
        _as_words(answer), parts, ("true", "false"), name="the five answers",
        question="Does the skip need a projection?\n"
                 "(a)  64 →  64, stride 1\n"
                 "(b)  64 → 128, stride 2\n"
                 "(c) 128 → 128, stride 2\n"
                 "(d)  64 → 256, stride 1   the first bottleneck of ResNet-50\n"
                 "(e) 256 → 256, stride 1   the second",
        because="x can be added as it is only if F(x) has its shape: stride 1, and as many "
                "channels out as in. torchvision asks exactly that: stride != 1 or in_channels != "
                "out_channels.",
    )
    form = "Write answers = …, …, …, …, …, each True or False."
    hint = re.sub(r"(The words are|Write answer =) .*", form, verdict.hint)
    message = verdict.message.replace("“true”", "True").replace("“false”", "False")
    message = message.replace("none of the words", "neither True nor False")
    return dataclasses.replace(verdict, message=message.replace("5 words", "5 times True or False"),
                               hint=hint)


def _as_words(answer):
    """The answer with "true" in place of True, also of those in an array or a tensor."""
    if isinstance(answer, dict):
        return {part: _as_words(word) for part, word in answer.items()}
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, (tuple, list)):
        return [str(word).lower() if isinstance(word, (bool, np.bool_)) else word
                for word in answer]
    return str(answer).lower() if isinstance(answer, (bool, np.bool_)) else answer


def block_weights(answer):
    """Verdict on the weights in the convolutions of two blocks: no biases, no norms.

    A basic block with 256 channels, and the bottleneck 256 → 64 → 64 → 256; no projections.
    """
    nine = "Each weight of a 3×3 convolution stands nine times: once for each place of the kernel."
    no_bias = "There are no biases: the norm behind a convolution has one of its own."
    no_norm = "The norms are not asked for: the weights of the convolutions alone."
    every = "Each of its filters looks at all 256 maps, and there are 256 filters."
    parts = {
        "basic block": (1_179_648, {
            589_824: "That is one 3×3 convolution. A basic block has two.",
            1_180_160: no_bias, 1_180_672: no_norm, 1_181_184: no_bias + " And the norms are not "
            "asked for.",
            131_072: nine, 65_536: nine + " And there are two convolutions.",
            4_608: every, 2_304: every,
            1_769_472: "A basic block has two convolutions, not three.",
            1_245_184: "x is added as it is: 256 channels come in, 256 go out, no projection.",
            73_728: "That is a basic block with 64 channels. This one has 256.",
            294_912: "Its channels are 256 throughout: 256 come in and 256 go out, twice.",
            69_632: "That is the bottleneck. The basic block stands first.",
        }, "Two convolutions, each with out_channels · in_channels · 3 · 3 weights."),
        "bottleneck": (69_632, {
            70_016: no_bias, 70_400: no_norm, 70_784: no_bias + " And the norms are not asked for.",
            36_864: "That is the 3×3 alone. (Or all three, but the 3×3 without its nine places.) "
                    "Three convolutions are asked for.",
            32_768: "Those are the two 1×1 convolutions. The 3×3 stands between them.",
            53_248: "One of the two 1×1 convolutions is left out: one goes down to 64 channels, "
                    "the other back up to 256.",
            16_384: "That is one of the three convolutions.",
            331_776: "Only the one in the middle is 3×3: the first and the last are 1×1.",
            180_224: "Only the one in the middle is 3×3: the first and the last are 1×1.",
            200_704: "Only the one in the middle is 3×3: the first and the last are 1×1.",
            622_592: "The 3×3 works on 64 channels, not on 256: that is what the first 1×1 is for.",
            135_168: "x is added as it is: 256 channels come in, 256 go out, no projection.",
            1_179_648: "That is the basic block. The bottleneck stands second.",
        }, "Three convolutions: 1×1 from 256 to 64, 3×3 from 64 to 64, 1×1 from 64 to 256; "
           "out_channels · in_channels · kernel height · kernel width each."),
    }
    near_misses = [
        (1_179_648, "That is one of them. Give the weights of both blocks."),
        (69_632, "That is one of them. Give the weights of both blocks."),
        ((16_384, 36_864, 16_384), "Those are the convolutions of the bottleneck, one by one. Give "
         "one number for each block."),
    ]
    return check_numbers(
        answer, parts, name="the numbers", near_misses=near_misses,
        question="the weights in the convolutions (no biases, no norms, no projection) of\n"
                 "a basic block: 3×3, 256 → 256, and 3×3, 256 → 256\n"
                 "a bottleneck:  1×1, 256 → 64, 3×3, 64 → 64, and 1×1, 64 → 256",
        because="1,179,648 and 69,632: the bottleneck has about one seventeenth of the weights, "
                "and one convolution more.",
    )


def my_depth(function):
    """Verdict on f(blocks, layers_per_block) -> the depth as the paper counts it.

    `blocks`: how many blocks each stage has. Counted are the layers with weights on the main path:
    the first convolution, those of the blocks, the dense layer; projections stand on the skips.
    (He et al. 2015, arXiv:1512.03385, table 1.)
    """
    cases = [([2, 2, 2, 2], 2), ([3, 4, 6, 3], 2), ([3, 4, 6, 3], 3), ([3, 4, 23, 3], 3),
             ([3, 8, 36, 3], 3), ([9, 9, 9], 2), ([1, 2, 4], 2)]

    def with_rule(rule, hint):
        return Mistake(lambda blocks, layers_per_block: rule(blocks, layers_per_block), hint)

    ends = ("The blocks' convolutions are there. Two layers with weights stand outside of the "
            "blocks: {}.")
    skips = "The projections are not counted: they stand on the skips, not on the main path."
    mistakes = [
        with_rule(lambda b, n: sum(b) * n, ends.format("one before them, one behind them")),
        with_rule(lambda b, n: sum(b) * n + 1, ends.format("you have counted one of them")),
        with_rule(lambda b, n: sum(b) * n + 3,
                  "One too many. Pooling layers have no weights, so that they do not count."),
        with_rule(lambda b, n: sum(b) * n + 4,
                  "Two too many. Pooling layers have no weights, so that they do not count."),
        with_rule(lambda b, n: sum(b) + 2, "A block has layers_per_block layers, not one."),
        with_rule(lambda b, n: sum(b), "That is the number of blocks. How many layers has each?"),
        with_rule(lambda b, n: len(b) * n + 2,
                  "That is one block for each stage. blocks says how many there are: sum(blocks)."),
        with_rule(lambda b, n: len(b) * n, "That is one block for each stage: sum(blocks)."),
        with_rule(lambda b, n: math.prod(b) * n + 2, "The stages follow each other: their blocks "
                  "are added, not multiplied."),
        with_rule(lambda b, n: (sum(b) + 2) * n, "The first convolution and the dense layer are "
                  "one layer each, not layers_per_block."),
        with_rule(lambda b, n: (sum(b) + 1) * n, "The first convolution and the dense layer are "
                  "one layer each: add 2 at the end, whatever layers_per_block is."),
        with_rule(lambda b, n: sum(b) * 2 + 2, "layers_per_block is not used: a bottleneck has "
                  "three."),
        with_rule(lambda b, n: sum(b) * 3 + 2, "layers_per_block is not used: a basic block has "
                  "two."),
        with_rule(lambda b, n: sum(b) * n + 2 + len(b), skips),
        with_rule(lambda b, n: sum(b) * n + 1 + len(b), skips),
        with_rule(lambda b, n: sum(b) * (n + 1) + 2, skips + " And most blocks have none."),
        with_rule(lambda b, n: sum(b[:-1]) * n + 2, "The last stage is left out."),
        with_rule(lambda b, n: sum(b[1:]) * n + 2, "The first stage is left out."),
        with_rule(lambda b, n: b[0] * n + 2, "That is the first stage alone: return after the "
                  "loop."),
        with_rule(lambda b, n: b[-1] * n + 2, "That is the last stage alone: add up, do not "
                  "replace."),
        with_rule(lambda b, n: sum(b) * n * 2 + 2, "The norms are not counted, though they have "
                  "weights: the paper counts convolutions and the dense layer."),
    ]
    verdict = check_formula(
        function, _depth, cases, mistakes=mistakes, outputs=("depth",), name="my_depth",
        hint="One first convolution, layers_per_block convolutions in each of all blocks, one "
             "dense layer.")
    if verdict.status == RIGHT:
        return Verdict(RIGHT, "18, 34, 50, 101, 152, and 56 for CIFAR: the names of the networks. "
                       "Norms, poolings and projections do not count.")
    if "has changed its input" in verdict.message:
        return dataclasses.replace(verdict, hint="pop and append change the caller's list: go "
                                   "through it with for, or use sum(blocks).")
    return verdict


def _depth(blocks, layers_per_block):
    """Layer by layer."""
    layers = ["first convolution"]
    for stage in blocks:
        for _ in range(stage):
            layers += ["convolution"] * layers_per_block
    return len([*layers, "dense"])


def chain_gain(answer):
    """Verdict on the gradient through 20 linear blocks with the branch F(x) = 0.1 · x.

    dy/dx of the plain chain, x → 0.1 · x, and of the residual one, x → x + 0.1 · x: two numbers,
    within 1 %.
    """
    parts = {
        "plain": (1e-20, {
            0: "It is tiny, but not zero. How many zeros stand behind the point?",
            2: "The factors are multiplied, not added: each block multiplies the gradient by 0.1.",
            0.1: "That is one block. There are 20 in a row.",
            1e-19: "One block too few: there are 20.", 1e-21: "One block too many: there are 20.",
            1e20: "The gradient is multiplied by 0.1 in each block, not divided.",
            0.9**20: "Each block multiplies the gradient by 0.1, the derivative of 0.1 · x.",
            1: "Without skips nothing is added: the derivative of 0.1 · x is 0.1.",
            -20: "That is the exponent: 0.1 ** 20.",
            20: "That is the number of blocks. By what does each multiply the gradient?",
            0.1**2: "There are 20 blocks, not two.",
            0.005: "The factors are multiplied: 0.1 to the power of 20.",
        }, "Chain rule: the derivatives of the 20 blocks are multiplied. What is the derivative of "
           "0.1 · x?"),
        "residual": (1.1**20, {
            3: "1 + 20 · 0.1 holds for small w only (it is the first two terms): the factors are "
               "multiplied.",
            22: "The factors are multiplied, not added.",
            1: "1 + 0.1 ** 20 would be the derivative with one skip around all 20 blocks. Here "
               "each block has its own.",
            1.1: "That is one block. There are 20 in a row.",
            2: "The factors are multiplied, and the skip adds 1 to each.",
            1.1**19: "One block too few: there are 20.",
            1.1**21: "One block too many: there are 20.",
            0.9**20: "The branch is added to x, not taken away: the derivative of x + 0.1 · x.",
            2**20: "The derivative of x + w · x is 1 + w, and w is 0.1.",
            20: "That is the number of blocks. By what does each multiply the gradient?",
            1e-20: "The skip counts: what is the derivative of x + 0.1 · x?",
            math.exp(2): "exp(w · L) is what it comes near to for many blocks of small w. Multiply "
                         "the 20 factors.",
        }, "Chain rule: the derivatives of the 20 blocks are multiplied. What is the derivative of "
           "x + 0.1 · x?"),
    }
    question = ("dy/dx through 20 blocks, w = 0.1\n"
                "plain:    each block is x → w·x\nresidual: each block is x → x + w·x")
    form = "Write answers = (plain, residual), for example (0.5 ** 3, 2.0 ** 3)."
    if answer is None or answer is ...:
        return not_tried("the two numbers")
    if isinstance(answer, dict) and set(answer) == set(parts):
        answer = [answer[part] for part in parts]
    if isinstance(answer, (tuple, list)) and any(part is None or part is ... for part in answer):
        return not_tried("both numbers")
    try:
        values = to_numbers(answer)
    except TypeError as error:
        return Verdict(WRONG, f"The answer should be 2 numbers, but it is {error}.", question, form)
    if values.shape != (2,):
        what = f"its shape is {values.shape}" if values.shape else "it is one"
        return Verdict(WRONG, f"The answer should be 2 numbers, but {what}.", question, form)
    if _near(values[0], 1.1**20) and _near(values[1], 1e-20):
        return Verdict(WRONG, "These are the numbers, but in another order.", question,
                       "The order is (plain, residual).")
    for (part, (number, mistakes, hint)), value in zip(parts.items(), values):
        if not _near(value, number):
            known = [text for wrong, text in mistakes.items() if _near(value, wrong, 0.001)]
            return Verdict(WRONG, f"{part}: it is not {value:.5g}.", question,
                           known[0] if known else hint)
    return Verdict(RIGHT, "Without skips 1e-20 of the gradient is left, with them it is 6.73 times "
                   "as large: the 1 of the skip stands in each factor.")


def _near(value, number, part=0.01):
    """Within 1 % of the number; nothing but 0 is near 0."""
    return math.isfinite(value) and abs(value - number) <= part * abs(number)
