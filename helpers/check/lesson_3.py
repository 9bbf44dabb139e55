"""Checkers of lesson 3 that ask for numbers and words; the others stand beside it.

See pooling_functions.py, equivariance.py, average_layer.py and network_of_any_size.py.
"""

from .answers import check_number
from .maps_and_words import check_map, check_words
from .verdict import listing

# The map of the exercise; the smallest number of each window is also its top left one.
MAP = [[1, 3, 0, 2], [4, 2, 1, 1], [0, 5, 2, 6], [1, 1, 3, 7]]
ROW = [0.1, 1, 0.2, 0.1]  # the detectors of figure 9.8


def pooled_map(answer):
    """Verdict on max pooling of MAP, kernel_size 2 and stride 2: a map of 2×2 numbers."""
    mistakes = [
        ([[2.5, 1], [1.75, 4.5]],
         "These are the means of the windows: max pooling keeps one number."),
        ([[10, 4], [7, 18]], "These are the sums of the windows: max pooling keeps one number."),
        ([[4, 3, 2], [5, 5, 6], [5, 5, 7]],
         "Your window moves by one pixel; with stride 2 the windows do not overlap."),
        ([[4, 3], [5, 5]],
         "Your window moves by one pixel; with stride 2 the windows do not overlap."),
        ([[1, 0], [0, 2]], "This is the smallest number of each window, which is also its top left "
         "one. The largest is asked for."),
        ([[3, 2], [5, 6]], "This is the top right number of each window, wherever the largest is."),
        ([[4, 1], [1, 3]], "This is the bottom left number of each window, wherever the largest "
         "is."),
        ([[2, 1], [1, 7]], "This is the bottom right number of each window, wherever the largest "
         "is."),
        ([[2, 1], [1, 3]], "These are the places of the largest numbers within their windows: give "
         "the numbers themselves."),
        ([[4, 3], [9, 15]], "These are the places of the largest numbers in the map: give the "
         "numbers themselves."),
        ([[4, 5], [2, 7]], "Rows and columns are exchanged: the upper right window belongs to the "
         "upper right."),
        ([4, 2, 5, 7], "These are the numbers. Give them as a map: two rows of two."),
        ([3, 4, 6, 7], "That is the largest number of each row: the window is 2×2."),
        ([4, 5, 3, 7], "That is the largest number of each column: the window is 2×2."),
        (7, "That is the largest number of the whole map: each window gives one."),
    ]

    def window(row, column):
        return (f"That window covers rows {2 * row} and {2 * row + 1} and columns {2 * column} and "
                f"{2 * column + 1} (counted from 0). Which of its four numbers is the largest?")

    return check_map(answer, [[4, 2], [5, 7]], name="the pooled map", mistakes=mistakes,
                     form="[[…, …], […, …]]", window=window,
                     question="kernel_size 2, stride 2, the largest number of each window of\n"
                              + listing(x=MAP),
                     because="Of sixteen numbers the four largest in their windows are left.")


def detector_shift(answer):
    """Verdict on the pooled row after ROW has moved by one to the right and 0.3 has entered.

    Max pooling of width 3 and stride 1; the borders do not count. Before the shift the pooled row
    is (1, 1, 1, 0.2). (Goodfellow, Bengio, Courville 2016, Deep Learning, figure 9.8.)
    """
    no_shift = ("That is the row before the shift, or your window begins at its pixel. The "
                "detectors move first; then each window covers a pixel and both its neighbours.")
    entering = "Which number has entered on the left? Not zero, and not what left on the right."
    mistakes = [
        ([1, 1, 1, 0.2], no_shift),
        ([0.3, 0.1, 1, 0.2], "That is the shifted row of detectors. Now pool it."),
        (ROW, "That is the row of detectors before the shift. Shift it, then pool it."),
        ([0.1, 1, 1, 1], entering),
        ([0, 1, 1, 1], entering),
        ([1, 1, 1, 1], "You have shifted the pooled row. Shift the detectors, then pool anew: what "
         "does the first window cover?"),
        ([1, 1], "Only windows that lie inside are there. At the ends the window covers two "
         "pixels, and they count."),
        ([0.3, 1, 1, 1, 0.2], "The row keeps its four places: what leaves on the right is gone."),
        ([1, 1, 0.3, 0.3], "You have shifted to the left."),
        ([0.3, 0.3, 1, 1], "Your window ends at its pixel; it should cover the pixel and both its "
         "neighbours."),
        ([0.3, 1, 1, 0.2], "The last window covers two pixels, and they are not alike."),
        ([0.1, 0.1, 0.1, 0.2], "That is the smallest of each window: take the largest."),
        ([0.2, 1.4 / 3, 1.3 / 3, 0.6], "That is the mean of each window: take the largest."),
        ([0.4 / 3, 1.4 / 3, 1.3 / 3, 0.4], "That is the mean of each window: take the largest."),
        ([0.4, 1.4, 1.3, 1.2], "That is the sum of each window: take the largest."),
    ]

    def window(index):
        return (f"Write down the shifted row of detectors first. The window around place {index} "
                "(counted from 0) covers that place and its neighbours, as far as there are any.")

    return check_map(answer, [0.3, 1, 1, 1], name="the pooled row", mistakes=mistakes,
                     form="(…, …, …, …)", window=window,
                     question="detectors 0.1, 1, 0.2, 0.1; one step to the right, 0.3 enters\n"
                              "max pooling of width 3, stride 1, the borders do not count",
                     because="All four detectors have changed, but only two of the four pooled "
                             "values.")


def exact_shifts(answer):
    """Verdict on the smallest shift to which a stack of four layers is exactly equivariant.

    On 48×48 pixels: a convolution of stride 2, max pooling 2, a convolution of stride 1, average
    pooling 3, each pooling with its size as stride; circular padding. The strides multiply.
    """
    more = "That shift works, too, but there is a smaller one."
    mistakes = {
        0: "A shift of 0 always works; a larger one is asked for.",
        1: "Each layer with a stride leaves out positions: a shift by one pixel brings others.",
        2: "That is enough for the first layer alone. How far have its maps moved then?",
        3: "That is enough for the last layer alone, in the pixels that reach it. How many input "
           "pixels is one of those?",
        4: "That is enough for the first two layers. How far have their maps moved then?",
        6: "A shift by 6 reaches the max pooling as one by 3. Is that a multiple of its stride?",
        7: "The strides do not add up: what is one pixel behind the first layer is two before it.",
        8: "Neither the sum of all strides, nor a factor of 2 for each layer: the average pooling "
           "moves by 3, the second convolution by 1.",
        9: "The kernel sizes do not matter. By how much does each window move?",
        11: "The kernel sizes do not matter, and nothing is added up.",
        16: "The average pooling moves by 3, and the second convolution by 1.",
        18: "The first convolution moves by 2; its kernel of 3 does not matter.",
        21: "That is how far an output sees, its receptive field. By how much does it move if the "
            "window of the last layer moves by one?",
        24: more + " The second convolution moves by 1.",
        36: more + " The second convolution moves by 1: its kernel of 3 does not matter.",
        48: more + " This one leads once around the image.",
        54: "The kernel sizes do not matter. By how much does each window move?",
    }
    return check_number(
        answer, 12, name="the smallest shift", mistakes=mistakes,
        question="48×48 pixels, all paddings circular, shifts in whole pixels\n"
                 "nn.Conv2d(…, 3, stride=2), nn.MaxPool2d(2), nn.Conv2d(…, 3), nn.AvgPool2d(3)",
        hint="Go from the last layer to the first: its window moves by 3. How many pixels of the "
             "layer before is that, and so on, up to the input?",
        because="2·2·1·3: the strides multiply, and a shift of 12 moves the output by one pixel.",
    )


def properties(answer):
    """Verdict on one word for each of five functions, under circular shifts by whole pixels.

    "equivariant", "invariant" or "neither", exactly and for any weights: (a) a convolution with
    circular padding, stride 1, (b) the same and global average pooling, (c) Flatten and Linear,
    (d) ReLU, (e) a convolution with zero padding.
    """
    own_weights = ("Each pixel has weights of its own here. Does a shifted pixel meet the same "
                   "weights as before?")
    parts = {
        "a": ("equivariant", {
            "invariant": "The maps would have to stay as they are. Shift the image: do they?",
            "neither": "The same weights stand at every place, and there is no border at which "
                       "pixels get lost. What could differ after a shift?",
        }),
        "b": ("invariant", {
            "equivariant": "The mean over all pixels leaves one number for each map. Does it move "
                           "with the image, or stay?",
            "neither": "A shift moves the pixels of the maps around. What does that do to their "
                       "mean?",
        }),
        "c": ("neither", {"equivariant": own_weights, "invariant": own_weights}),
        "d": ("equivariant", {
            "invariant": "It changes each pixel where it stands. If the pixel moves, does the "
                         "output stay?",
            "neither": "It treats each pixel alone and all alike. What does it matter where the "
                       "pixel stands?",
        }),
        "e": ("neither", {
            "equivariant": "In the middle of the image, yes. What stands beside a pixel at the "
                           "border, and what beside it once it has moved inwards?",
            "invariant": "The maps do not stay as they are: they move. Do they move exactly, at "
                         "the border, too?",
        }),
    }
    return check_words(
        answer, parts, ("equivariant", "invariant", "neither"), name="the five words",
        question="circular shifts by whole pixels, exactly, whatever the weights\n"
                 "(a) a convolution with circular padding, stride 1\n"
                 "(b) the same, followed by global average pooling\n"
                 "(c) nn.Flatten followed by nn.Linear\n"
                 "(d) nn.ReLU\n"
                 "(e) a convolution with zero padding, stride 1",
        because="Sharing weights makes a layer equivariant, a border breaks it, and a mean over "
                "all places makes it invariant.",
    )
