"""LearnedKernel: replay how gradient descent finds a kernel, step by step."""

import numpy as np
import traitlets

from helpers import operations
from helpers.widgets.base import Array, CourseWidget, SettingError
from helpers.widgets.torch_code import same_code, same_layer


class LearnedKernel(CourseWidget):
    """A slider over the steps of a training run: the kernel, its output and the loss at each of them.

    kernels: (steps, kh, kw), the kernel before the first step, after it, and so on.
    losses: (steps,), the loss of each of these kernels; none is negative.
    target: (kh, kw), the kernel to be found.
    image: (H, W), what the outputs are shown on, up to 256 × 256.
    step: the step shown.

    Raises ValueError where the shapes don't belong together.
    """

    script = "learned_kernel.js"
    resets = ("step",)

    kernels = Array(np.zeros((1, 3, 3)), ndim=(3,))
    losses = Array([1.0], ndim=(1,))
    target = Array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], ndim=(2,))
    image = Array(np.eye(16), ndim=(2,))
    step = traitlets.Int(0, min=0).tag(sync=True)

    @property
    def kernel(self):
        """The kernel at the step shown."""
        return self.kernels[self.step]

    @property
    def input(self):
        """The image that the outputs are shown on: (H, W)."""
        return self.image

    @property
    def output(self):
        """The image through the kernel at the step shown; as large, its border replicated."""
        return operations.filter_image(self.image, self.kernel, "replicate")

    @property
    def layer(self):
        """The `torch.nn.Conv2d` in float64 with the kernel at the step shown."""
        return same_layer(self.kernel, 1, "replicate")

    @property
    def code(self):
        """The line of PyTorch that makes the layer."""
        return same_code(self.kernel, 1, "replicate")

    def sentence(self):
        """Step and loss in one sentence."""
        return f"LearnedKernel: step {self.step} of {len(self.kernels) - 1}, loss {self.losses[self.step]:.2g}."

    @traitlets.validate("kernels", "losses", "target", "image", "step")
    def _belongs(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        now = {other: getattr(self, other) for other in ("kernels", "losses", "target", "image", "step")} | {name: value}
        if now["kernels"].shape[1:] != now["target"].shape:
            raise SettingError(
                f"LearnedKernel: kernels {now['kernels'].shape} must be (steps, kh, kw) with (kh, kw) of the target, {now['target'].shape}."
            )
        if len(now["losses"]) != len(now["kernels"]):
            raise SettingError(f"LearnedKernel: {len(now['kernels'])} kernels need as many losses, got {len(now['losses'])}.")
        if now["losses"].min() < 0:
            raise SettingError(f"LearnedKernel: losses stand on a logarithmic axis and can't be negative, got {now['losses'].min():g}.")
        if max(now["image"].shape) > 256:
            raise SettingError(f"LearnedKernel: an image of at most 256×256, got {now['image'].shape}.")
        if now["step"] >= len(now["kernels"]):
            raise SettingError(f"LearnedKernel: steps go from 0 to {len(now['kernels']) - 1}, got {now['step']}.")
        return value
