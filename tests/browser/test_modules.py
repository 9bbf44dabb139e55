"""The joined module of a widget behaves like its file with the imports that a browser follows."""

import numpy as np
import pytest
from anywidget._descriptor import __name__ as _  # noqa: F401
