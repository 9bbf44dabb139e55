# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["numpy==2.4.6", "pillow==13.0.0", "scikit-image==0.26.0"]
# ///
"""Make photo.png: NASA's portrait of the astronaut Eileen Collins at half its size, 256×256 RGB.

    uv run data/make_photo.py          # from the top of the repository, a few seconds

The picture comes inside scikit-image. It has edges in every direction: the shuttle's are upright,
the flag's slant, the helmet's go round.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage.data import astronaut

squares = astronaut().astype(np.uint16).reshape(256, 2, 256, 2, 3)
pixels = (squares.sum(axis=(1, 3)) + 2) // 4  # the rounded mean of 2×2 pixels: nothing aliases
Image.fromarray(pixels.astype(np.uint8)).save(Path(__file__).with_name("photo.png"), optimize=True)
print("photo.png: 256×256 pixels")
