"""Checkers of lesson 4 that ask for numbers and words; the others stand beside it.

See field_recurrence.py, field_of_dilations.py, field_causal.py and field_effective.py.
"""

from .answers import check_number
from .maps_and_words import check_words
from .several_answers import check_numbers


def three_layers(answer):
    """Verdict on the field sizes (one number each) behind three 3-wide layers, the second strided.

    nn.Conv2d(…, 3), nn.Conv2d(…, 3, stride=2), nn.Conv2d(…, 3): size += (kernel_size − 1) · stride,
    with the product of the strides of the layers before it.
    """
    own = ("Your second layer counts its own stride. Its window covers three neighbouring units; "
           "how far apart do those lie in the input?")
    step = "How far apart in the input do the units lie that the third layer's window covers?"
    add = ("Kernels overlap: two neighbouring windows of 3 cover 4 pixels together, not 6. A layer "
           "adds kernel_size − 1 steps.")
    parts = {
        "behind the first": (3, {
            1: "A 3-wide window sees more than its middle: a field counts its own pixel, too.",
            2: "Does the field count both ends?",
            5: "The first layer sees through no other: its field is its kernel.",
            9: "Give the width alone, in pixels, not the area.",
        }, "The first layer sees through no other: its field is its kernel."),
        "behind the second": (5, {
            3: "It looks at three units of the first layer, and their fields do not coincide.",
            4: "Three neighbouring fields of 3, one pixel apart: draw them and count.",
            6: add, 7: own, 8: own,
            9: "Three neighbouring fields of 3 overlap: they do not stand side by side.",
            25: "Give the width alone, in pixels, not the area.",
        }, "Three neighbouring fields of 3, one pixel apart: draw them and count."),
        "behind the third": (9, {
            5: "It looks at three units of the second layer, and their fields do not coincide.",
            6: "Three fields of 5, two pixels apart: draw them and count.",
            7: "The stride of the second layer counts here. " + step,
            8: "A layer adds two steps here, not one and a half: draw its three fields of 5.",
            10: add, 11: "A layer adds kernel_size − 1 steps, not kernel_size. " + step,
            13: "The stride counts once: the third layer has stride 1. " + step,
            15: "Three neighbouring fields of 5 overlap: they do not stand side by side.",
            81: "Give the width alone, in pixels, not the area.",
        }, step),
    }
    near_misses = [
        (9, "That is one of them. Give the fields behind all three layers."),
        ((3, 6, 9), "You have added up the kernel sizes. " + add),
        ((3, 7, 11), own),
        ((3, 7, 9), own),
        ((3, 5, 7), "The stride of the second layer is left out. " + step),
        ((1, 3, 5, 9), "Leave out the input: three layers, three numbers."),
        ((3, 9, 27), "The kernel sizes do not multiply: neighbouring fields overlap."),
        ((2, 2, 4), "That is what each layer adds. How far does a unit behind it see in all?"),
    ]
    return check_numbers(
        answer, parts, name="the three fields", near_misses=near_misses,
        question="the width of the field, in input pixels, behind each of\n"
                 "nn.Conv2d(…, 3), nn.Conv2d(…, 3, stride=2), nn.Conv2d(…, 3)",
        because="3, 5, 9: a stride does nothing to its own layer's field, and doubles the step of "
                "all that follow.",
    )


def field_changes(answer):
    """Verdict on "larger", "smaller" or "same" for each of five changes to a small network.

    conv 3×3, ReLU, conv 3×3, ReLU, conv 3×3, ReLU, MaxPool2d(2), all padding=1; each change alone;
    asked is the theoretical field of a unit of the output, not cut off at the border: (a)
    padding=0, (b) the pooling before the last convolution instead of behind it, (c) batch
    normalization in evaluation mode in place of the ReLUs, (d) one 5×5 in place of the first two
    3×3 with the ReLU between them, (e) stride=2 in the last convolution in place of the pooling.
    """
    parts = {
        "a": ("same", {
            "larger": "Padding surrounds the input with zeros. Does a window grow by it?",
            "smaller": "The output has fewer units without padding. Does one of them see less, "
                       "away from the border?",
        }),
        "b": ("larger", {
            "smaller": "How far apart are the units that the last convolution looks at, once the "
                       "pooling stands before it?",
            "same": "The same layers, but a stride acts on those behind it. How many did it act on "
                    "before the change, how many after it?",
        }),
        "c": ("same", {
            "larger": "In evaluation mode mean and variance are stored numbers: each unit is "
                      "scaled and shifted by itself.",
            "smaller": "A ReLU looks at one unit alone, as the normalization does. What is lost "
                       "with it?",
        }),
        "d": ("same", {
            "larger": "How far do two 3×3 see, one behind the other, with stride 1?",
            "smaller": "How far do two 3×3 see, one behind the other, with stride 1? Weights and "
                       "non-linearities are not asked for.",
        }),
        "e": ("smaller", {
            "larger": "A stride acts on the layers behind it only, and there is none behind it.",
            "same": "The maps have the same size. But the window of 2 is gone: what did it add?",
        }),
    }
    return check_words(
        answer, parts, ("larger", "smaller", "same"), name="the five words",
        question="conv 3×3, ReLU, conv 3×3, ReLU, conv 3×3, ReLU, MaxPool2d(2), all padding=1\n"
                 "the field of one unit of the output, not cut off at the border, if alone\n"
                 "(a) padding=0 in all convolutions\n"
                 "(b) the MaxPool2d(2) stands before the last convolution\n"
                 "(c) nn.BatchNorm2d in evaluation mode in place of each ReLU\n"
                 "(d) one 5×5 in place of the first two 3×3 and the ReLU between them\n"
                 "(e) stride=2 in the last convolution, and no MaxPool2d",
        because="Windows and the strides before them make the field; padding, ReLU and stored "
                "means do not.",
    )


def original_resnet50(answer):
    """Verdict on the field size of the paper's ResNet-50, at its last convolution.

    Its bottlenecks stride in the first 1×1 layer (He et al. 2016, arXiv:1512.03385), torchvision's
    in the 3×3 layer behind it; torchvision's sees 427 pixels. The first blocks of three of the four
    stages have a stride of 2, where the 1×1 layer gets units 4, 8 and 16 pixels apart.
    """
    stages = ("That is right for {} of the three stages with a stride. Whose 3×3 layer comes to "
              "stand behind a stride in the others?")
    mistakes = {
        427: "That is torchvision's. If the 1×1 strides, the 3×3 behind it looks at units twice as "
             "far apart.",
        371: "Towards the input the stride acts on more layers, not on fewer: the field grows.",
        399: "Towards the input the stride acts on more layers, not on fewer: the field grows.",
        435: stages.format("one") + " (435 is also what a ResNet-18 sees.)",
        443: stages.format("one"), 459: stages.format("one"),
        451: stages.format("two"), 467: stages.format("two"), 475: stages.format("two"),
        455: "A 3×3 layer adds two steps, kernel_size − 1, not one.",
        511: "A 3×3 layer adds two steps, kernel_size − 1, not three.",
        539: "That is twice too much: behind the stride the 3×3 sees steps of 8, 16 and 32 pixels, "
             "but it saw 4, 8 and 16 before.",
        491: "The first stage has no stride: its 3×3 layers stay as they are.",
        487: "The first stage has no stride: its 3×3 layers stay as they are.",
        819: "Only the first block of a stage strides: the 3×3 layers of the others stay as they "
             "are.",
        854: "Not everything doubles: three 3×3 layers come to stand behind a stride, the others "
             "stay as they are.",
        224: "Not cut off by the image: how far would a unit see?",
    }
    return check_number(
        answer, 483, name="the field of the paper's ResNet-50", mistakes=mistakes,
        question="torchvision's ResNet-50 sees 427 pixels and strides in the 3×3 of the first "
                 "block\nof stages 2, 3 and 4. The paper's strides in the 1×1 before it. It sees",
        hint="Each of three 3×3 layers comes to stand behind its stride of 2 instead of having it. "
             "How much did each add to the field, and how much does it add now?",
        because="Each of three 3×3 layers adds twice as much: 8, 16 and 32 pixels more. Hence two "
                "figures for one name.",
    )


def wind_cells(answer):
    """Verdict on how many 3×3 layers of stride 1 reach as far as a wind of 80 m/s blows in 6 hours.

    Along a circle of latitude at 45°, on a grid of 5.625° (64 cells around the Earth, of radius
    6371.22 km): the air comes from one side, a unit sees as many cells to each side as there are
    layers.
    """
    mistakes = {
        1: "Mind the units: 80 m/s are 288 km/h, for six hours.",
        2: "Is that half of the way? The air comes from one side, so the reach to that side "
           "counts, and each layer reaches one cell further.",
        3: "Is a cell at 45° as wide as at the equator? And a network that falls short by a part "
           "of a cell does not see where the air was.",
        5: "How wide is a cell at 45°? How far does each layer reach to one side?",
        6: "Is the cosine that of 45°, not of 45 radians, and taken once?",
        7: "Does each 3×3 layer reach one cell to each side, and is the way divided by a cell's "
           "width at 45°?",
        8: "The air comes from one side: one more layer widens the field by two cells, one to each "
           "side. How far does it reach to one side?",
        9: "That is the width of a field, in cells. Count the layers.",
        64: "That is once around the Earth.",
    }
    if _is_fraction_of(answer, 3.85, 4):
        mistakes = {float(answer): "That is the way in cells. How many whole layers cover it?"}
    elif _is_fraction_of(answer, 2.7, 2.85):
        mistakes = {float(answer): "That is the way in cells of the equator. How wide is a cell at "
                    "45°? And layers are whole."}
    return check_number(
        answer, 4, name="the number of layers", mistakes=mistakes,
        question="80 m/s for 6 hours along the circle of latitude of 45°; 64 cells of 5.625° "
                 "around the Earth,\nradius 6371.22 km. How many 3×3 layers, stride 1, see where "
                 "the air was?",
        hint="Way = speed · time; width of a cell = 2π · 6371.22 km · cos 45° / 64; each layer "
             "reaches one cell further to each side.",
        because="The air comes 1,728 km, 3.9 cells of 442 km: with fewer layers the network cannot "
                "know what arrives.",
    )


def _is_fraction_of(answer, low, high):
    """Is the answer one number between the two? (Whatever else it is, check_number says so.)"""
    try:
        return low < float(answer) < high
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return False


def nothing_new(answer):
    """Verdict on how many of VGG16's 13 convolutions get an input that sees more than 32 pixels.

    On pictures of 32×32 a unit in the middle of such an input sees the whole picture already: the
    layer brings nothing new into view. (After Richter et al. 2021, arXiv:2106.12307.)
    """
    mistakes = {
        0: "VGG16 sees 212 pixels in the end: it exceeds 32 somewhere on the way.",
        13: "The first convolutions see 3 and 5 pixels: there is much to come.",
        7: "One of the fields is exactly 32, as wide as the picture. Is it wider?",
        8: "You have counted the layers whose own field is that large. What counts is the field of "
           "what they get.",
        5: "Write the field down after every convolution and pooling, and compare what each "
           "convolution gets with 32.",
        9: "Do the poolings count? Convolutions are asked for, and the field of their inputs.",
        10: "The poolings do not count: convolutions are asked for.",
        11: "The poolings do not count, and it is the field of what a layer gets.",
        32: "That is the width of the picture: count layers.",
        212: "That is the field of the last pooling: count layers.",
    }
    return check_number(
        answer, 6, name="the number of layers", mistakes=mistakes,
        question="VGG16 on 32×32 pixels: 2, 2, 3, 3, 3 convolutions 3×3, a MaxPool2d(2) after "
                 "each group.\nHow many convolutions get an input whose field is wider than 32?",
        hint="Write the field down after every convolution and pooling: a convolution adds two "
             "steps, a pooling one, and a step doubles with each pooling before it.",
        because="Nearly half of the convolutions bring nothing new into view on such small "
                "pictures; they only combine what is seen already.",
    )
