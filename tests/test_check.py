"""Verdicts: untouched and exotic answers, what is told of a wrong one, what it looks like."""

import re

import numpy as np
import pytest
import torch

from helpers import check
from helpers.check.answers import Mistake, check_function, check_number, is_stub
from helpers.check.verdict import NOT_TRIED, RIGHT, WRONG, Verdict, show, to_numbers

from .right_answers import correlate, in_torch

# --- untouched --------------------------------------------------------------------------------


def stub(x, kernel):
    ...


def documented_stub(x, kernel):
    """The cross-correlation of x with the kernel."""


def unfinished(x, kernel):
    raise NotImplementedError


@pytest.mark.parametrize("answer", [stub, documented_stub, unfinished, lambda x, k: ..., None, ...])
@pytest.mark.parametrize("checker", [check.my_conv2d, check.my_convolve2d])
def test_an_untouched_function_is_not_tried_yet(checker, answer):
    verdict = checker(answer)
    assert verdict.status == NOT_TRIED and not verdict and not verdict.case


def test_other_untouched_answers_are_not_tried_yet():
    def my_conv1d_backward(x, w, dy):
        ...

    assert check.my_conv1d_backward(my_conv1d_backward).status == NOT_TRIED
    for checker in [check.predicted_output, check.edge_kernel, check.rgb_layer_parameters,
                    check.shared_weights]:
        assert checker(None).status == checker(...).status == NOT_TRIED
    assert check.shared_weights((None, None, None)).status == NOT_TRIED
    assert check.shared_weights((10000, None, None)).status == NOT_TRIED


def test_a_function_that_forgets_to_return_is_wrong_and_not_untouched():
    def forgetful(x, kernel):
        y = correlate(x, kernel)  # noqa: F841

    verdict = check.my_conv2d(forgetful)
    assert verdict.status == WRONG
    assert "returns nothing" in verdict.message and "return y" in verdict.hint
    assert not is_stub(forgetful) and is_stub(stub)


# --- exotic answers ------------------------------------------------------------------------------


def changes_its_input(x, kernel):
    y = correlate(x, kernel)
    x[0, 0] = 0
    return y


def endless(x, kernel):
    return endless(x, kernel)


def leaves(x, kernel):
    raise SystemExit(0)


def remembers_the_first_case(x, kernel):
    return correlate(x, kernel) if x.shape == (4, 5) else np.zeros(3)


def only_3x3(x, kernel):
    y = np.zeros((x.shape[0] - 2, x.shape[1] - 2))
    for i, j in np.ndindex(*y.shape):
        y[i, j] = (x[i : i + 3, j : j + 3] * kernel).sum()
    return y


def only_square_input(x, kernel):
    n = x.shape[0] - kernel.shape[0] + 1
    y = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        y[i, j] = (x[i : i + kernel.shape[0], j : j + kernel.shape[1]] * kernel).sum()
    return y


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda x, kernel: True, "returns something of type bool"),
        (lambda x, kernel: 1, "shape ()"),
        (lambda x, kernel: np.ones((1, 1)), "shape (1, 1)"),
        (lambda x, kernel: correlate(x, kernel)[None], "shape (1, 2, 3)"),
        (lambda x, kernel: correlate(x, kernel) > 0, "an array of bool"),
        (lambda x, kernel: correlate(x, kernel) + 0j, "an array of complex"),
        (lambda x, kernel: np.full_like(correlate(x, kernel), np.nan), "is nan"),
        (lambda x, kernel: np.full_like(correlate(x, kernel), np.inf), "is inf"),
        (lambda x, kernel: correlate(x, kernel) + 0.01, "expected is"),
        (lambda x, kernel: correlate(x, kernel).round().astype(np.uint8), "expected is"),
        (lambda x, kernel: np.vectorize(str)(correlate(x, kernel)), "an array of <U"),
        (lambda x, kernel: str(correlate(x, kernel)), "returns text"),
        (lambda x, kernel: [[1, 2, 3], [4, 5]], "rows differ in length"),
        (lambda x, kernel: {"y": correlate(x, kernel)}, "of type dict"),
        (lambda x, kernel: (v for v in correlate(x, kernel)), "of type generator"),
        (lambda x, kernel: correlate, "of type function"),
        (lambda x: x, "yours takes (x)"),
        (lambda: 0, "yours takes ()"),
        (lambda x, kernel, bias: x, "yours takes (x, kernel, bias)"),
        (lambda x, kernel: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda x, kernel: undefined_name, "NameError"),  # noqa: F821
        (changes_its_input, "changed its input x"),
        (endless, "calls itself without end"),
        (leaves, "stops with SystemExit"),
        (remembers_the_first_case, "shape (3,)"),
        (only_3x3, "stops with ValueError"),
        (only_square_input, "shape (2, 2), expected is (2, 3)"),
        (correlate(np.eye(3), np.eye(2)), "wants the function itself"),
        (3, "wants the function itself, not 3"),
        ("my_conv2d", "wants the function itself"),
    ],
)
def test_an_exotic_answer_is_wrong_and_the_reason_is_told(answer, words):
    verdict = check.my_conv2d(answer)
    assert verdict.status == WRONG
    assert words in verdict.message


@pytest.mark.parametrize("answer", [True, "-5", "six", np.nan, np.inf, [-5], [[-5]], (-5, -5), 5j,
                                    np.array([-5]), {}, -5.001, 5, np.bool_(True), [], len,
                                    object()])
def test_an_exotic_number_is_wrong(answer):
    assert check.predicted_output(answer).status == WRONG


@pytest.mark.parametrize("answer", [10000, (10000, 298), (10000, 298, 3, 1), "10000, 298, 3",
                                    [[10000, 298, 3]], (3, 298, 10000), {10000, 298, 3},
                                    (10000, 298, "3"), (10000, 298, True), (10000, np.nan, 3)])
def test_other_than_the_three_numbers_is_wrong(answer):
    assert check.shared_weights(answer).status == WRONG


def test_true_is_not_taken_for_one():
    assert not check_number(True, 1, name="n") and check_number(1, 1, name="n")


def test_the_first_index_that_differs_is_told_with_both_values():
    def wrong_at_one_place(x, kernel):
        y = correlate(x, kernel)
        y[1, 2] += 5
        return y

    verdict = check.my_conv2d(wrong_at_one_place)
    right = in_torch(*first_case())[1, 2].item()
    assert verdict.message == f"y[1, 2] is {right + 5:g}, expected is {right:g}."
    assert "expected y" in verdict.case and "your y" in verdict.case


def first_case():
    seen = []
    check.my_conv2d(lambda x, kernel: seen.append((x, kernel)) or correlate(x, kernel))
    return seen[0]


def test_the_line_that_fails_is_shown_without_a_traceback():
    def fails(x, kernel):
        return x[99, 99]

    verdict = check.my_conv2d(fails)
    assert "IndexError" in verdict.message and "return x[99, 99]" in verdict.message
    assert "Traceback" not in repr(verdict)


def test_a_new_checker_takes_a_few_lines():
    double = Mistake(lambda x: 2 * x, "That is twice the number.")
    cases = [(3.0,), (4.0,)]
    square = dict(reference=lambda x: x * x, cases=cases, mistakes=[double], name="square")
    assert check_function(lambda x: x**2, **square)
    assert check_function(lambda x: x + x, **square).hint == "That is twice the number."
    assert check_function(lambda x: 9, **square).message == "y is 9, expected is 16."


# --- what a verdict looks like --------------------------------------------------------------------


def test_only_right_is_true():
    assert Verdict(RIGHT, "")
    assert not Verdict(WRONG, "") and not Verdict(NOT_TRIED, "")


def test_a_verdict_says_symbol_word_message_case_and_hint_in_the_terminal():
    verdict = Verdict(WRONG, "It is not 3.", "x = 1\ny = 2", "Try again.")
    assert repr(verdict) == "✗ wrong: It is not 3.\n    x = 1\n    y = 2\n  Hint: Try again."


def test_a_verdict_in_html_says_the_same_escaped_and_without_ids():
    page = Verdict(WRONG, "a < b", "x = <b>", "a & b")._repr_html_()
    assert "✗ wrong" in page and "a &lt; b" in page and "x = &lt;b&gt;" in page
    assert "a &amp; b" in page and "id=" not in page


def contrast(one, other):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("status", [RIGHT, WRONG, NOT_TRIED])
def test_a_verdict_is_legible_in_light_and_dark(status):
    page = Verdict(status, "message", "case", "hint")._repr_html_()
    badge = re.search(r"background:(#\w{6});color:#fff", page).group(1)
    assert contrast(badge, "#ffffff") >= 4.5
    # Every other text takes its colour and its background from the theme, never only one of them.
    for rule in re.findall(r'style="([^"]*)"', page):
        assert ("var(--jp-layout-color" in rule) == ("var(--jp-content-font-color" in rule)


@pytest.mark.parametrize("value, text", [
    (22_353_408, "22,353,408"), (np.int64(100_000), "100,000"), (-120_422_400.0, "-120,422,400"),
    (torch.tensor(10**12), "1,000,000,000,000"), (99_999, "99999"), (1e5, "100,000"),
    (5, "5"), (-0.0, "0"), (0.5, "0.5"), (1 / 3, "0.3333"), (99_999.5, "99999.5"),
    (np.nan, "nan"), (-np.inf, "-inf")])
def test_a_count_is_shown_with_commas_and_no_whole_number_in_exponents(value, text):
    assert show(value) == text


def test_whole_numbers_in_a_list_are_shown_in_full():
    assert show((4785, 22_353_408)) == "[4785, 22353408]"
    assert show([[1_000_000, 0.25], [-12_345_678, 2]]) == "[[1000000, 0.25],\n [-12345678, 2]]"


def test_to_numbers_refuses_what_only_looks_like_numbers():
    for value in ["1", True, np.array([True]), None, [1, [2]], [1, "2"], torch.tensor([True]), 1j]:
        with pytest.raises(TypeError):
            to_numbers(value)
