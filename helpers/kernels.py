"""The classic kernels of image processing, by name: what each is for stands beside it."""

from types import MappingProxyType

# Read-only: every widget and figure shares them. Sobel y is Sobel x transposed; "vertical edges" are
# borders that run up and down, with left and right differing.
KERNELS = MappingProxyType(
    {
        "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
        "box blur": ((1 / 9,) * 3,) * 3,
        "Gaussian blur": (
            (1 / 16, 2 / 16, 1 / 16),
            (2 / 16, 4 / 16, 2 / 16),
            (1 / 16, 2 / 16, 1 / 16),
        ),
        "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
        "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
        "Laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        "Sobel x: vertical edges": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
        "Sobel y: horizontal edges": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    }
)
