"""Made-up forecasts for ForecastExplorer, without any training: a cell's source, as a kernel has no tests to import."""

MADE_FORECASTS = """\
import numpy as np
from helpers import ForecastExplorer

south = np.linspace(87.1875, -87.1875, 32)
east = 5.625 * np.arange(64)
hours = 12 * np.arange(9)
rows, columns, days = np.radians(south)[:, None], np.radians(east), hours[:, None, None] / 24
truth = 3 * np.cos(rows) ** 2 * np.sin(4 * columns - 0.9 * days) + 1.5 * np.sin(3 * rows) * np.cos(2 * columns + 0.5 * days)
circular = truth + 0.15 * days * np.cos(rows) * np.sin(7 * columns - days)
rolls = range(0, 64, 8)
# the weather goes wrong at the border, and from there downstream
border = np.exp(-((east / 5.625 + 31.5) % 64 - 32) ** 2 / (8 + 40 * days)) * np.cos(2 * rows)
zeros = np.stack([circular + 0.9 * np.sqrt(days) * np.roll(border, -by, axis=-1) for by in rolls])
made_forecasts = {"zeros": zeros, "circular": np.stack([circular] * len(rolls))}
known = dict(truth=truth, hours=hours, latitude=south, longitude=east, shifts=rolls, unit="10⁻⁵ s⁻¹")"""
