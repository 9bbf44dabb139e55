"""Checkers of lesson 6 that ask for sizes; the others stand in unet_functions.py and globe_functions.py."""

from .answers import check_number
from .several_answers import check_numbers


def unet_output(answer):
    """Verdict on (bottom, output): the sizes in the original U-Net for an input of 284 pixels.

    Depth 4, two unpadded 3×3 convolutions at each level: bottom 10, output 100.
    """
    down = "Take 4, halve; four times. At the bottom take 4 once more."
    up = "From the bottom: double, take 4; four times."
    parts = {
        "bottom": (10, {
            17: "That is 284 / 16, rounded: every level loses 4 pixels before it is halved.",
            18: "That is 284 / 16, rounded: every level loses 4 pixels before it is halved.",
            14: "That is what arrives at the bottom. Its two convolutions take 4 pixels, too.",
            28: "That is the level above the bottom. It is halved once more, and the bottom takes 4, too.",
            12: "One convolution takes 2 pixels; there are two at each level.",
        }, down),
        "output": (100, {
            284: "Nothing is padded: every level takes 4 pixels on the way down and 4 on the way up.",
            104: "The last level's two convolutions take 4 pixels, too.",
            160: "Every level on the way up takes 4 pixels after it has doubled the size.",
            280: "That is the first level on the way down.",
            388: "That is for the paper's 572 pixels.",
        }, up),
    }  # fmt: skip
    return check_numbers(
        answer, parts, name="the two sizes",
        question="The original U-Net, depth 4, on 284 pixels. How large is the map behind the "
                 "convolutions at the\nbottom, and how large the output?",
        because="284 → 280, 140 → 136, 68 → 64, 32 → 28, 14 → 10 at the bottom; then 20 → 16, 32 → 28, 56 → 52, "
                "104 → 100.",
    )  # fmt: skip


def smallest_input(answer):
    """Verdict on the smallest input of a valid U-Net of depth 2 that leaves an output: 44 → 4."""
    mistakes = {
        4: "That is its output. How large is the input?",
        40: "From 40: 36, 18 → 14, 7 → 3 at the bottom; up 6 → 2, 4 → 0: nothing is left.",
        41: "41 − 4 = 37 has no half.",
        42: "42 − 4 = 38, half of it 19, less 4 is 15: no half.",
        43: "43 − 4 = 39 has no half.",
        20: "Down: 16, 8 → 4, 2 → −2: nothing is left at the bottom.",
        188: "That is for a depth of 4.",
    }
    return check_number(
        answer, 44, name="the smallest input", mistakes=mistakes,
        question="A U-Net of depth 2 that pads nowhere, two 3×3 convolutions at each level. What is "
                 "the smallest\ninput of which an output is left?",
        hint="Go backwards: an output of n came from n + 4, which is twice what was below. The smallest n that makes "
             "all halves whole wins.",
        because="44 → 40, 20 → 16, 8 → 4 at the bottom, 8 → 4, 8 → 4.",
    )  # fmt: skip
