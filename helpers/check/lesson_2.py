"""Checkers of lesson 2 that ask for numbers; the others stand beside it.

See size_formulas.py, stamps.py, layer_answers.py and network_repair.py.
"""

from .answers import check_number
from .several_answers import check_numbers
from .verdict import WRONG, Verdict, to_numbers

_NO_PLUS_ONE = "The + 1 is missing: it is the window's first position."


def output_sizes(answer):
    """Verdict on four output sizes, to be computed in the head.

    (a) input 224, kernel 7, stride 2, padding 3, the first layer of ResNet (He et al. 2015);
    (b) input 227, kernel 11, stride 4, the first one of AlexNet (Krizhevsky et al. 2012);
    (c) input 10, kernel 3, dilation 3; (d) input 28, kernel 5, padding 2.
    """
    parts = {
        "a": (112, {
            111: "Either the + 1 is missing, or the padding is counted on one side only.",
            111.5: "The + 1 is missing; and a size is a whole number.",
            112.5: "A size is a whole number: a window that only partly fits is left out.",
            113: "You round up, but a window that only partly fits is left out.",
            109: "The padding is missing: three pixels on each side.",
            109.5: "The padding is missing: three pixels on each side.",
            110: "Is the padding counted on both sides?",
            224: "The stride is missing: the window moves by two pixels.",
            223: "The stride is missing: the window moves by two pixels.",
        }, "How long is the padded input, and how many steps of 2 does the window make in it?"),
        "b": (55, {
            54: "Either the + 1 is missing, or you took the 224 of the paper: the input is 227.",
            54.25: "The input is 227, not 224 as in the paper.",
            56: "You round up; but this division has no remainder.",
            57: "Nothing is padded here, and the kernel must stay inside.",
            57.75: "The kernel of 11 must stay inside: only part of the input is left for steps.",
            217: "The stride is missing: the window moves by four pixels.",
            216: "The stride is missing: the window moves by four pixels.",
            56.75: "The kernel must stay inside: how far can its first pixel go?",
        }, "How far can the window's first pixel go, and how many steps of 4 is that?"),
        "c": (4, {
            8: "The dilation is missing: between the weights lie holes.",
            7: "The dilation is missing: between the weights lie holes.",
            2: "The kernel does not cover d·k pixels: holes lie only between the weights.",
            1: "The kernel does not cover d·k pixels: holes lie only between the weights.",
            3: _NO_PLUS_ONE,
            5: "How many pixels does the kernel cover? One more than its first and last weight "
               "lie apart.",
            6: "With dilation 3 two pixels lie between neighbouring weights; how many in all?",
            10: "Nothing is padded: the output is smaller than the input.",
        }, "How many pixels does the kernel with its holes cover?"),
        "d": (28, {
            24: "The padding is missing: two pixels on each side.",
            26: "The padding is counted once, but it stands on both sides.",
            27: _NO_PLUS_ONE,
            29: "One too many: a kernel as large as the input has one position.",
            32: "That is the padded input; the window has to stay inside of it.",
            14: "The stride is 1 here.",
            30: "Is the kernel of 5 as large as you took it?",
        }, "How long is the padded input, and how many positions has the window in it?"),
    }
    question = ("(a) size 224, kernel_size 7, stride 2, padding 3\n"
                "(b) size 227, kernel_size 11, stride 4\n"
                "(c) size 10, kernel_size 3, dilation 3\n"
                "(d) size 28, kernel_size 5, padding 2")
    return check_numbers(answer, parts, name="the four sizes", question=question,
                         because="112, 55, 4 and 28: two famous first layers, a dilated kernel "
                                 "that covers 7 pixels, and a size that is kept.")


def dilated_padding(answer):
    """Verdict on the padding with which a 5×5 kernel with dilation 3 keeps the size."""
    mistakes = {
        2: "That is right without dilation. How many pixels does the kernel with its holes cover?",
        7: "The kernel does not cover 3·5 pixels: holes lie only between the weights.",
        7.5: "The kernel does not cover 3·5 pixels: holes lie only between the weights.",
        12: "That is the padding of both sides together; PyTorch counts one side.",
        13: "That is what the kernel covers. How much smaller does it make the output?",
        6.5: "Half of what the kernel covers is too much: its middle pixel is not lost.",
        3: "That is the dilation. How far does the kernel reach from its middle?",
        4: "That is k − 1, on both sides together and without the dilation.",
        5: "That is the kernel size. How far does the kernel reach from its middle?",
        1: "That keeps the size for a 3×3 kernel without dilation.",
        0: "Without padding the output is smaller than the input.",
        8: "Too much: the dilation multiplies the steps between the weights, not more.",
        15: "That is d·k. Holes lie only between the weights; and the padding stands on both "
            "sides.",
    }
    question = "kernel_size 5, dilation 3, stride 1"
    hint = "How far does the kernel with its holes reach from its middle?"
    if isinstance(answer, str) and answer == "same":
        return Verdict(WRONG, "PyTorch takes padding='same' and finds the number itself: which?",
                       question, hint)
    return check_number(
        _one_of_a_pair(answer), 6, name="the padding", mistakes=mistakes, question=question,
        hint=hint,
        because="The kernel covers 3·(5 − 1) + 1 = 13 pixels, 6 on either side of its middle.",
    )


def _one_of_a_pair(answer):
    """The number of (n, n), padding along height and width; anything else as it is."""
    try:
        values = to_numbers(answer)
    except TypeError:
        return answer
    return values[0] if values.shape == (2,) and values[0] == values[1] else answer


def layer_cost(answer):
    """Verdict on (parameters, multiplications) of nn.Conv2d(16, 33, 3) on 16×50×100, no padding."""
    parts = {
        "parameters": (4785, {
            4752: "The biases are missing: each filter has one.",
            5280: "There is one bias per filter, not one for each of its 16 kernels.",
            4768: "There is one bias per output map, not per input channel.",
            4753: "There is one bias per filter, not one for the layer.",
            330: "Each filter holds one 3×3 kernel for each of the 16 input channels.",
            297: "Each filter holds one 3×3 kernel for each of the 16 input channels, and a bias.",
            160: "The layer has 33 filters, each with a kernel per input channel.",
            144: "That is one filter without its bias; the layer has 33.",
            145: "That is one filter; the layer has 33.",
            1584: "A kernel of 3 is 3×3: 9 numbers; and each filter has a bias.",
            1617: "A kernel of 3 is 3×3: 9 numbers.",
            561: "The weights of a 1×1 kernel: here it is 3×3.",
        }, "33 filters; each has one 3×3 kernel per input channel, and a bias."),
        "multiplications": (22_353_408, {
            23_760_000: "Without padding the output is smaller than 50×100.",
            23_925_000: "Without padding the output is smaller than 50×100; and the biases are "
                        "added, not multiplied.",
            4752 * 49 * 99: "Without padding a 3×3 kernel takes two pixels off each axis, not one.",
            4752 * 47 * 97: "Without padding a 3×3 kernel takes two pixels off each axis, not "
                            "three.",
            22_508_640: "The biases are added, not multiplied.",
            1_397_088: "Each output sums over all 16 input channels.",
            677_376: "Each of the 33 output maps has to be computed.",
            42_336: "That is one kernel on one channel; there are 16 of them in each of 33 "
                    "filters.",
            44_706_816: "Multiplications only; the additions are not counted.",
            7_451_136: "A kernel of 3 is 3×3: 9 products for each channel.",
            2_483_712: "Each product of weight and pixel counts: 9 for each channel.",
            4752: "That is one position of the window. How many positions are there?",
            4785: "That is the number of parameters. How often is each weight used?",
            155_232: "That is how many numbers come out. How many products is each a sum of?",
        }, "How many numbers come out, and how many products is each the sum of?"),
    }
    return check_numbers(
        answer, parts, name="both numbers",
        question="(parameters, multiplications) of nn.Conv2d(16, 33, 3), input (16, 50, 100)",
        because="33·(16·3·3 + 1) = 4,785 parameters; each of the 33·48·98 outputs is a sum of "
                "16·3·3 products: 22,353,408.",
    )


def inception_count(answer):
    """Verdict on the multiplications from 28×28×192 to 32 maps by 5×5, in three numbers.

    (a) Directly; (b) in a 1×1 layer to 16 maps, (c) in the 5×5 layer after it; all keep the size.
    Szegedy et al. 2015, Going deeper with convolutions, arXiv:1409.4842.
    """
    whole_output = "Each of the 28×28 positions of the output counts."
    no_padding = "The padding keeps the size: 28×28 comes out, not 24×24."
    not_parameters = "That is the number of weights. Each is used at every position."
    parts = {
        "a": (120_422_400, {
            153_600: not_parameters,
            153_632: not_parameters,
            120_447_488: "The biases are added, not multiplied.",
            88_473_600: no_padding,
            4_300_800: whole_output,
            627_200: "Each output sums over all 192 input maps.",
            3_763_200: "Each of the 32 output maps has to be computed.",
            19_600: "Input and output maps are missing: 192 and 32.",
            24_084_480: "A kernel of 5 is 5×5: 25 products for each map.",
            4_816_896: "Each product of weight and pixel counts: 25 for each map.",
            25_088: "That is how many numbers come out. How many products is each a sum of?",
            60_211_200: "The direct way goes to 32 maps, not to 16.",
            240_844_800: "Multiplications only; the additions are not counted.",
        }, "How many numbers come out, and how many products is each the sum of?"),
        "b": (2_408_448, {
            3072: not_parameters,
            3088: not_parameters,
            2_420_992: "The biases are added, not multiplied.",
            86_016: whole_output,
            12_544: "Each output sums over all 192 input maps.",
            150_528: "Each of the 16 output maps has to be computed.",
            60_211_200: "The kernel is 1×1 here.",
            4_816_896: "This layer goes to 16 maps; the 32 come after it.",
            1_769_472: "A 1×1 kernel needs no padding to keep 28×28.",
        }, "A 1×1 kernel: each of the 28·28·16 outputs is a sum over the input maps."),
        "c": (10_035_200, {
            12_800: not_parameters,
            12_832: not_parameters,
            10_060_288: "The biases are added, not multiplied.",
            7_372_800: no_padding,
            358_400: whole_output,
            627_200: "Each output sums over all maps that the 1×1 layer has made.",
            313_600: "Each of the 32 output maps has to be computed.",
            401_408: "The kernel is 5×5 here: 25 products for each map.",
            2_007_040: "A kernel of 5 is 5×5: 25 products for each map.",
            120_422_400: "The 5×5 layer starts from the maps of the 1×1 layer, not from 192.",
            12_443_648: "That is both layers together: take the 1×1 layer away.",
        }, "The 5×5 layer starts from the maps that the 1×1 layer has made."),
    }
    return check_numbers(
        answer, parts, name="the three numbers",
        question="multiplications from 28×28×192 to 32 maps:\n"
                 "(a) 5×5 at once, (b) 1×1 to 16 maps, (c) 5×5 from these 16 to the 32",
        because="28·28·32 outputs of 25·192 products: 120,422,400. Through 16 maps: 2,408,448 + "
                "10,035,200 = 12,443,648, about a tenth.",
        near_misses=[((120_422_400, 12_443_648),
                      "The second is the total of both layers: give them one by one."),
                     ((2_408_448, 10_035_200), "The direct way is missing in front.")],
    )


def lenet_parameters(answer):
    """Verdict on the parameters of LeNet's five layers with weights, input 1×32×32.

    Conv 1→6 5×5, pool 2, Conv 6→16 5×5, pool 2, Linear →120→84→10, all with biases.
    LeCun et al. 1998, Gradient-based learning applied to document recognition; fully connected.
    """
    channels = "Each filter holds one 5×5 kernel for each of the 6 input maps"
    parts = {
        "first convolution": (156, {
            150: "The biases are missing: each filter has one.",
            151: "There is one bias per filter, not one for the layer.",
            26: "That is one filter; the layer has 6.",
            25: "That is one filter without its bias; the layer has 6.",
            36: "A kernel of 5 is 5×5: 25 numbers.",
            122_304: "Those are connections: the weights are shared by all positions.",
            117_600: "Those are multiplications: the weights are shared by all positions.",
        }, "6 filters, each with one 5×5 kernel and a bias."),
        "second convolution": (2416, {
            2400: "The biases are missing: each filter has one.",
            2401: "There is one bias per filter, not one for the layer.",
            2406: "There is one bias per output map, not per input map.",
            2496: "There is one bias per filter, not one for each of its kernels.",
            416: channels + ".",
            400: channels + ", and a bias.",
            151: "That is one filter; the layer has 16.",
            150: "That is one filter without its bias; the layer has 16.",
            1516: "LeCun tied each map to some of the six only; here all are connected.",
            240_000: "Those are multiplications: the weights are shared by all positions.",
        }, "16 filters, each with one 5×5 kernel per input map, and a bias."),
        "first dense layer": (48_120, {
            48_000: "The biases are missing: each output has one.",
            48_001: "There is one bias per output, not one for the layer.",
            48_400: "There is one bias per output, not one per input.",
            192_120: "16 maps of 10×10 come before the second pooling, which halves their sides.",
            192_000: "16 maps of 10×10 come before the second pooling; and the biases count.",
            30_840: "16 maps of 4×4 would come from an input of 28×28; here it is 32×32.",
            30_720: "16 maps of 4×4 would come from an input of 28×28; here it is 32×32.",
            3120: "The maps of all 16 channels are laid in one row.",
            2040: "Each map brings more than one number: nothing is averaged here.",
            520: "A Linear layer multiplies: each output has a weight for each input.",
        }, "How many maps of which size come out of the second pooling? Each output has a weight "
           "for each of their numbers, and a bias."),
        "second dense layer": (10_164, {
            10_080: "The biases are missing: each output has one.",
            10_081: "There is one bias per output, not one for the layer.",
            10_200: "There is one bias per output, not one per input.",
            204: "A Linear layer multiplies: each output has a weight for each input.",
        }, "84 outputs, each with a weight for each of 120 inputs, and a bias."),
        "third dense layer": (850, {
            840: "The biases are missing: each output has one.",
            841: "There is one bias per output, not one for the layer.",
            924: "There is one bias per output, not one per input.",
            94: "A Linear layer multiplies: each output has a weight for each input.",
        }, "10 outputs, each with a weight for each of 84 inputs, and a bias."),
    }
    return check_numbers(
        answer, parts, name="the five numbers",
        question="the parameters of LeNet's two Conv2d and three Linear layers, input 1×32×32",
        because="156 + 2,416 + 48,120 + 10,164 + 850 = 61,706: most of them in the first Linear.",
        near_misses=[(61_706, "That is the right total: give the five layers one by one."),
                     ((156, 0, 2416, 0, 48_120, 10_164, 850),
                      "The pooling layers have no parameters: leave them out.")],
    )
