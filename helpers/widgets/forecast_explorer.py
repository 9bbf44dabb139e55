"""ForecastExplorer: forecasts on a globe that can be rolled, beside the truth, and where and when they go wrong."""

import numpy as np
import traitlets

from helpers.widgets import forecast_reading as reading
from helpers.widgets.base import CourseWidget, Index, SettingError, Size, is_int


class ForecastExplorer(CourseWidget):
    """Start, forecast, truth and error as maps; the error by longitude, by latitude and by lead time.

    forecasts: name → (shifts, times, H, W), or (times, H, W) for the shift 0 alone; 1 to 4 networks. The first time
        is the start. forecasts[name][k] was made from the start rolled by shifts[k] cells eastward, and rolled back:
        where rolling makes no difference to a network, all k agree. Or one object with the attributes forecasts,
        truth, hours, latitude, longitude, shifts and unit.
    truth: (times, H, W). All numbers are finite.
    hours: (times,), hours since the start; latitude: (H,), degrees from north to south; longitude: (W,), degrees
        east, all around; shifts: (shifts,), whole numbers of cells; unit: of the values.
    network: a name, or "persistence", the forecast that nothing changes.
    lead: which of the times, from 0. shift: by how many cells the network's globe is rolled, one of the shifts.
    view_from: "network" shows the maps as the network is given them, so that its border lies at their edges and the
        weather rolls; "globe" keeps the globe still, its first column in the middle, and moves the border.
    position: (row, column) of a place in the arrays; `pinned` if it stays where it is while the pointer moves.

    `start`, `forecast`, `truth_map` and `error`, all (H, W), are what the maps show, `longitudes` (W,) their columns.
    Values are rounded to 1/65535 of each map's span. Raises ValueError for other arrays and settings.
    """

    script = "forecast_explorer.js"
    styles = ("js/forecast_explorer/style.css",)
    resets = ("network", "lead", "shift", "view_from", "position", "pinned")

    network = traitlets.Unicode().tag(sync=True)
    lead = Index()
    shift = traitlets.Any(0).tag(sync=True)
    view_from = traitlets.Enum(["network", "globe"], "network").tag(sync=True)
    position = Size((0, 0), least=0)
    pinned = traitlets.Bool(False).tag(sync=True)
    _packed = traitlets.Dict().tag(sync=True)

    def __init__(
        self, forecasts, truth=None, *, hours=None, latitude=None, longitude=None, shifts=None, unit="", **settings
    ):
        given = dict(truth=truth, hours=hours, latitude=latitude, longitude=longitude, shifts=shifts, unit=unit)
        if all(hasattr(forecasts, name) for name in ("forecasts", "truth")):
            own = {name: value for name, value in given.items() if value is not None and not isinstance(value, str)}
            given = {name: getattr(forecasts, name, None) for name in given} | own
            given["unit"], forecasts = unit or given["unit"] or "", forecasts.forecasts
        self._found = found = reading.read(forecasts, **given)
        times, height, width = found.truth.shape
        settings.setdefault("network", found.names[0])
        settings.setdefault("lead", times - 1)
        settings.setdefault("shift", 0 if 0 in found.shifts else found.shifts[0])
        settings.setdefault("position", (height // 4, width // 2))
        super().__init__(_packed=found.packed, **settings)

    # -- what the maps show ------------------------------------------------------------------------------------

    @property
    def start(self):
        """(H, W): the state that the forecasts start from."""
        return self._shown(self._found.truth[0])

    @property
    def forecast(self):
        """(H, W): what the network, or persistence, says of the lead time."""
        return self._shown(self._found.maps(self.network, self.shift)[self.lead])

    @property
    def truth_map(self):
        """(H, W): what came."""
        return self._shown(self._found.truth[self.lead])

    @property
    def error(self):
        """(H, W): forecast − truth."""
        return self._shown(self._errors(self.network)[self.lead])

    @property
    def latitude(self):
        """(H,): degrees north of the rows."""
        return self._found.latitude

    @property
    def longitudes(self):
        """(W,): degrees east of the columns, as the maps show them."""
        return self._shown(self._found.longitude)

    @property
    def hours(self):
        """(times,): hours since the start."""
        return self._found.hours

    @property
    def seam(self):
        """Degrees east, 0 to 360, of the border of the network's input: where its last column meets its first."""
        longitude = self._found.longitude
        return float((longitude[-self.shift % len(longitude)] - 180 / len(longitude)) % 360)

    # -- how wrong it is ---------------------------------------------------------------------------------------

    @property
    def weights(self):
        """(H, W): the cosine of each cell's latitude, as cells near the poles cover less of the sphere."""
        return np.repeat(reading.weights(self.latitude)[:, None], len(self._found.longitude), axis=1)

    @property
    def rmse(self):
        """The root of the mean square of `error` over the sphere, rows weighted by the cosine of their latitude."""
        return float(reading.by_lead(self._errors(self.network)[self.lead], self.latitude))

    @property
    def rmse_by_lead(self):
        """name → (times,), persistence included."""
        return {name: reading.by_lead(self._errors(name), self.latitude) for name in self._found.names}

    @property
    def error_by_longitude(self):
        """name → (W,): the root of the mean square over the latitudes at the lead time, in the columns' order."""
        here = {name: self._errors(name)[self.lead] for name in self._found.names}
        return {name: self._shown(reading.by_longitude(errors, self.latitude)) for name, errors in here.items()}

    @property
    def error_by_latitude(self):
        """name → (H,): the root of the mean square over the longitudes at the lead time."""
        return {name: reading.by_latitude(self._errors(name)[self.lead]) for name in self._found.names}

    @property
    def values_there(self):
        """latitude, longitude, forecast, truth and error at the position."""
        row, column = self.position
        found = self._found
        forecast, truth = (maps[self.lead, row, column] for maps in (found.maps(self.network, self.shift), found.truth))
        there = found.latitude[row], found.longitude[column], forecast, truth, forecast - truth
        return dict(zip(("latitude", "longitude", "forecast", "truth", "error"), map(float, there)))

    @property
    def code(self):
        """One line of NumPy that gives `rmse` from `error`, w being `weights`."""
        return "np.average(error**2, weights=w)**0.5"

    def sentence(self):
        """Network, lead time and errors in one sentence."""
        unit = f" {self._found.unit}" if self._found.unit else ""
        nothing = self.rmse_by_lead[reading.PERSISTENCE][self.lead]
        rolled = f", rolled by {self.shift} cells" if self.shift else ""
        other = "" if self.network == reading.PERSISTENCE else f", persistence {nothing:.3g}{unit}"
        return (
            f"ForecastExplorer: {self.network} after {self.hours[self.lead]:g} h{rolled}: "
            f"RMSE {self.rmse:.3g}{unit}{other}."
        )

    def _errors(self, name):
        return self._found.errors(name, self.shift)

    def _shown(self, array):
        """An array (…, W) with its columns as the maps show them."""
        by = self.shift if self.view_from == "network" else array.shape[-1] // 2
        return np.roll(array, by, axis=-1)

    # -- what is legal -----------------------------------------------------------------------------------------

    @traitlets.validate("network")
    def _check_network(self, proposal):
        if proposal["value"] not in self._found.names:
            raise SettingError(
                f"ForecastExplorer.network: there is no {proposal['value']!r}. "
                f"There is {', '.join(map(repr, self._found.names))}."
            )
        return proposal["value"]

    @traitlets.validate("lead")
    def _check_lead(self, proposal):
        lead, hours = proposal["value"], self._found.hours
        if lead >= len(hours):
            raise SettingError(
                f"ForecastExplorer.lead: {len(hours)} times are counted from 0 (the start) to {len(hours) - 1} "
                f"({hours[-1]:g} h), got {lead}."
            )
        return lead

    @traitlets.validate("shift")
    def _check_shift(self, proposal):
        shift, shifts, width = proposal["value"], self._found.shifts, len(self._found.longitude)
        if not is_int(shift):
            raise SettingError(f"ForecastExplorer.shift: expected a whole number of cells eastward, got {shift!r}.")
        for known in shifts:
            if (known - shift) % width == 0:  # once around is the same globe
                return known
        nearest = min(shifts, key=lambda known: min((known - shift) % width, (shift - known) % width))
        raise SettingError(
            f"ForecastExplorer.shift: the forecasts were made for the shifts {', '.join(map(str, shifts))}, not for "
            f"{shift}. Use {nearest}."
        )

    @traitlets.validate("position")
    def _check_position(self, proposal):
        size = self._found.truth.shape[1:]
        return self._position_inside(proposal["value"], size, f"the maps have {size[0]}×{size[1]} cells")
