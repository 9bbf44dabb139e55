import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d

from helpers.experiments import (
    compare_on_permuted_pixels,
    condition_number,
    fft_conv2d,
    learn_kernel,
    permute_pixels,
    random_image,
    time_direct_and_fft,
)

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def test_every_image_is_shuffled_in_the_same_way_and_keeps_its_values():
    images = np.arange(2 * 16).reshape(2, 4, 4)
    shuffled = permute_pixels(images)
    assert np.array_equal(shuffled[1] - shuffled[0], np.full((4, 4), 16))
    assert sorted(shuffled[0].flat) == list(range(16))
    assert not np.array_equal(shuffled, images)


def test_the_permutation_follows_from_the_seed_and_images_of_other_shapes_keep_theirs():
    image = np.arange(64.0).reshape(8, 8)
    assert np.array_equal(permute_pixels(image, seed=1), permute_pixels(image, seed=1))
    assert not np.array_equal(permute_pixels(image, seed=1), permute_pixels(image, seed=2))
    assert np.array_equal(permute_pixels(image[None, None])[0, 0], permute_pixels(image))


def noisy_bars(n=60):
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 8
    images = 0.1 * rng.random((n, 8, 8))
    images[np.arange(n), labels] = 1  # the row that is lit is the class
    return images, labels


@pytest.fixture(scope="module")
def tiny():
    return compare_on_permuted_pixels(*noisy_bars(), seeds=2, examples=50, epochs=2, progress=False)


def test_the_comparison_has_an_accuracy_for_each_network_kind_of_pixels_and_seed(tiny):
    for network in ("MLP", "CNN"):
        for pixels in ("original", "permuted"):
            assert tiny[network, pixels].shape == (2,)
            assert ((tiny[network, pixels] >= 0) & (tiny[network, pixels] <= 1)).all()
        expected = tiny[network, "original"] - tiny[network, "permuted"]
        assert np.array_equal(tiny.drop(network), expected)
    assert tiny.parameters == {"MLP": 6460, "CNN": 6460}


def test_the_comparison_prints_as_a_table(tiny):
    mean = f"{50 * sum(tiny['CNN', 'permuted']):.1f} ±"
    assert mean in repr(tiny) and mean in tiny._repr_html_()
    assert repr(tiny).splitlines()[0].split() == [
        "network", "parameters", "original", "pixels", "permuted", "pixels", "drop"
    ]
    assert tiny._repr_html_().count("<tr>") == 3
    assert "2 seeds" in repr(tiny) and "50 training digits" in repr(tiny)


def test_the_comparison_learns_something():
    images, labels = noisy_bars(200)
    result = compare_on_permuted_pixels(
        images, labels, seeds=1, examples=150, epochs=20, progress=False
    )
    assert result.mean("MLP", "original") > 0.9 and result.mean("MLP", "permuted") > 0.9


def test_the_comparison_tests_on_all_images_that_it_did_not_learn_from(monkeypatch):
    from helpers.experiments import permuted_pixels

    seen = []

    def watched_fit(model, x, y, fit=permuted_pixels.fit, **options):
        seen.append(("fit", set(x.sum(axis=(1, 2, 3)))))
        return fit(model, x, y, **options)

    def watched_accuracy(model, x, y):
        seen.append(("test", set(x.sum(axis=(1, 2, 3)))))
        return 0.5

    monkeypatch.setattr(permuted_pixels, "fit", watched_fit)
    monkeypatch.setattr(permuted_pixels, "accuracy", watched_accuracy)
    images, labels = noisy_bars(60)
    images = np.round(images * 2**20) / 2**20  # sums that are exact in any order of the pixels
    compare_on_permuted_pixels(images, labels, seeds=1, examples=40, epochs=1, progress=False)
    assert len(seen) == 8
    for (_, train), (_, test) in zip(seen[::2], seen[1::2], strict=True):
        assert len(train) == 40 and not train & test
        assert train | test == set(images.sum(axis=(1, 2)))


def test_an_interrupted_comparison_keeps_the_seeds_that_are_done(monkeypatch):
    from helpers.experiments import permuted_pixels

    calls = []

    def interrupted_fit(*args, fit=permuted_pixels.fit, **options):
        calls.append(1)
        history = fit(*args, **options)
        history.interrupted = len(calls) == 6  # in the second seed: there are four fits in each
        return history

    monkeypatch.setattr(permuted_pixels, "fit", interrupted_fit)
    options = dict(seeds=9, examples=20, epochs=1, progress=False)
    assert compare_on_permuted_pixels(*noisy_bars(), **options)["CNN", "original"].shape == (1,)
    calls[:] = [1] * 5  # at once
    with pytest.raises(KeyboardInterrupt):
        compare_on_permuted_pixels(*noisy_bars(), **options)


def test_a_training_set_that_leaves_no_test_is_refused():
    with pytest.raises(ValueError, match="60 training examples of 60 images .* Use 1 to 59"):
        compare_on_permuted_pixels(*noisy_bars(60), examples=60)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_descent_finds_the_sobel_kernel_again(seed):
    history = learn_kernel(random_image(), SOBEL, seed=seed)
    assert history.kernels.shape == (101, 3, 3) and history.losses.shape == (101,)
    assert np.abs(history.kernels[-1] - SOBEL).max() < 1e-3
    assert np.abs(history.kernels[0] - SOBEL).max() > 1
    assert history.losses[-1] < 1e-6 < history.losses[0]
    assert history.errors[0] == pytest.approx(np.abs(history.kernels[0] - SOBEL).max())


def test_a_smooth_image_teaches_more_slowly_than_a_random_one():
    rows, columns = np.mgrid[:64, :64] / 10
    smooth = np.sin(rows) + np.cos(columns) + 0.1 * random_image()
    assert condition_number(smooth) > 100 > 2 > condition_number(random_image())
    assert learn_kernel(smooth, SOBEL).errors[-1] > 0.1


def test_the_condition_number_is_that_of_the_window_matrix():
    x = np.random.default_rng(0).normal(size=(9, 9)) + 1
    windows = torch.nn.functional.unfold(torch.tensor(x)[None, None], 3)[0].T.numpy()
    assert condition_number(x) == pytest.approx(np.linalg.cond(windows) ** 2)


def test_kernels_need_not_be_square():
    history = learn_kernel(random_image(), [[1.0, -1.0]])
    assert history.kernels[-1] == pytest.approx(np.array([[1.0, -1.0]]), abs=1e-3)


def test_steps_that_are_too_large_are_named():
    with pytest.raises(FloatingPointError, match="Use a learning_rate below 5, for example 0.5"):
        learn_kernel(random_image(), SOBEL, learning_rate=5, steps=500)


def test_an_image_with_channels_is_refused_by_learn_kernel():
    with pytest.raises(ValueError, match=r"their shapes are \(8, 8, 3\) and \(3, 3\)"):
        learn_kernel(np.zeros((8, 8, 3)), SOBEL)


@pytest.mark.parametrize("kernel_size", [(1, 1), (3, 3), (2, 5), (31, 31), (40, 33)])
def test_the_fft_gives_what_the_direct_sum_gives(kernel_size):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(40, 33)), rng.normal(size=kernel_size)
    expected = conv2d(torch.tensor(x)[None, None], torch.tensor(kernel)[None, None])[0, 0]
    y = fft_conv2d(x, kernel)
    assert y.shape == expected.shape and (y - expected).abs().max() < 1e-9


def test_the_fft_adds_up_the_input_channels_for_each_output_channel():
    rng = np.random.default_rng(0)
    x, weight = torch.tensor(rng.normal(size=(3, 20, 21))), rng.normal(size=(4, 3, 5, 2))
    expected = conv2d(x[None], torch.tensor(weight))[0]
    assert (fft_conv2d(x, weight) - expected).abs().max() < 1e-9


def test_shapes_that_do_not_fit_are_refused_by_the_fft():
    with pytest.raises(ValueError, match="a kernel of 3×9 is larger than the input of 8×8"):
        fft_conv2d(np.zeros((8, 8)), np.zeros((3, 9)))
    for weight in (np.zeros((3, 3)), np.zeros((4, 2, 3, 3))):
        with pytest.raises(ValueError, match=r"x of shape \(3, 8, 8\) and weight of shape"):
            fft_conv2d(np.zeros((3, 8, 8)), weight)


def test_times_are_measured_for_every_kernel_size_and_the_thread_count_comes_back():
    threads = torch.get_num_threads()
    times = time_direct_and_fft((3, 5), image_size=16, repeats=1)
    assert times.direct.shape == times.fft.shape == (2,)
    assert (times.direct > 0).all() and (times.fft > 0).all()
    assert torch.get_num_threads() == threads
    assert "5×5" in repr(times)


def test_the_crossover_is_where_the_fft_becomes_and_stays_faster():
    times = time_direct_and_fft((3, 5, 7), image_size=16, repeats=1)
    for fft, crossover in [([2, 2, 2], None), ([2, 0, 2], None), ([0, 2, 0], 7), ([0, 0, 0], 3)]:
        times.direct[:], times.fft[:] = 1, fft
        assert times.crossover == crossover


@pytest.mark.parametrize("fft, last_line", [
    ([2, 0, 0], "the FFT is faster from 5×5 on (of the sizes measured)"),
    ([0, 2, 0], "the FFT is faster from 7×7 on (of the sizes measured)"),
    ([2, 2, 2], "the FFT is never faster within the sizes measured"),
    ([2, 0, 2], "the FFT does not stay faster within the sizes measured"),
])
def test_the_times_end_with_a_sentence_on_the_crossover(fft, last_line):
    times = time_direct_and_fft((3, 5, 7), image_size=16, repeats=1)
    times.direct[:], times.fft[:] = 1, fft
    assert repr(times).splitlines()[-1] == last_line
