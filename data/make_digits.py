# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["numpy==2.4.6", "scikit-learn==1.9.1"]
# ///
"""Make digits.npz: the 1797 handwritten digits of scikit-learn, 8×8 pixels, unchanged.

    uv run data/make_digits.py         # from the top of the repository, a few seconds

Stored uncompressed, so that the bytes don't depend on the machine's zlib.
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
np.savez(
    Path(__file__).with_name("digits.npz"),
    images=digits.images.astype(np.uint8),  # whole numbers 0..16
    labels=digits.target.astype(np.uint8),
)
print("digits.npz: 1797 digits")
