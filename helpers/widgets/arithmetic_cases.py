"""The named cases of the guide: the settings of ArithmeticExplorer that each of them stands for.

Source: Dumoulin and Visin, *A guide to convolution arithmetic*, arXiv:1603.07285, figures 2.1 to 2.8,
4.1 to 4.7 and 5.1; Odena et al., *Deconvolution and checkerboard artifacts* (Distill 2016) for the last two.
"""


def _case(input_size, kernel_size, padding=0, stride=1, dilation=1, output_padding=0, **more):
    plain = {"transposed": False, "padding_mode": "zeros", "values": "numbers", "view": "slide"}
    sizes = dict(
        input_size=input_size, kernel_size=kernel_size, padding=padding, stride=stride,
        dilation=dilation, output_padding=output_padding,
    )  # fmt: skip
    return {**plain, **sizes, **more}


def _back(*sizes, view="stamp", **more):
    return _case(*sizes, transposed=True, view=view, **more)


NAMED_CASES = {
    "no padding": _case(4, 3),
    "arbitrary padding": _case(5, 4, padding=2),
    "half (same)": _case(5, 3, padding=1),
    "full": _case(5, 3, padding=2),
    "strides": _case(5, 3, stride=2),
    "padding and strides": _case(5, 3, padding=1, stride=2),
    "odd": _case(6, 3, padding=1, stride=2),
    "dilation": _case(7, 3, dilation=2),
    "no padding, transposed": _back(2, 3),
    "arbitrary padding, transposed": _back(6, 4, padding=2),
    "half (same), transposed": _back(5, 3, padding=1),
    "full, transposed": _back(7, 3, padding=2),
    "strides, transposed": _back(2, 3, stride=2),
    "padding and strides, transposed": _back(3, 3, padding=1, stride=2),
    "odd, transposed": _back(3, 3, padding=1, stride=2, output_padding=1),
    "dilation, transposed": _back(3, 3, dilation=2),
    "checkerboard": _back(6, 3, stride=2, values="ones", view="counts"),
    "even overlap": _back(6, 4, padding=1, stride=2, values="ones", view="counts"),
}
