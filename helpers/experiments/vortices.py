"""Vortices in a simulated flow: the wind behind its vorticity, and where it turns more than it deforms."""

import numpy as np

EARTH = 6.371e6  # m, radius
ROTATION = 7.292e-5  # 1/s
THRESHOLD = 0.2  # of the field's standard deviation
POLAR = 80  # degrees: beyond, east and north turn too much from cell to cell for differences


def stream_function(vorticity, latitude):
    """ψ (m²/s) with ∇²ψ = ζ on the sphere, and the mean of ψ zero: (…, H, W) -> (…, H, W).

    vorticity (1/s) on W equal steps of longitude and H equal steps of latitude (degrees), the cells'
    centres, pole to pole. Its mean over the sphere is taken off: no flow could have it. Fourier
    waves along longitude, second differences along latitude.
    """
    vorticity = np.asarray(vorticity, dtype=float)
    phi = np.deg2rad(np.asarray(latitude, dtype=float))
    step = abs(phi[1] - phi[0])
    area = np.cos(phi)
    vorticity = vorticity - _mean(vorticity, area)
    rows, columns = vorticity.shape[-2:]
    # flux through the edges between rows; at the poles the edge has no length
    edges = np.cos(phi[:-1] - (phi[0] - phi[1]) / 2) / step**2
    second = np.zeros((rows, rows))
    for n, edge in enumerate(edges):
        second[n, [n, n + 1]] += [-edge, edge]
        second[n + 1, [n, n + 1]] += [edge, -edge]
    waves = np.fft.rfft(vorticity * area[:, None]) * EARTH**2
    # second differences around the circle: (2 − 2 cos(kΔλ)) / Δλ²
    across = np.arange(columns // 2 + 1) * 2 * np.pi / columns
    bends = (2 - 2 * np.cos(across)) * (columns / (2 * np.pi)) ** 2
    psi = np.empty_like(waves)
    for k, bend in enumerate(bends):
        matrix = second - np.diag(bend / area)
        if k == 0:
            matrix = matrix + np.outer(area, area)  # fixes the mean, which ∇² does not see
        psi[..., k] = (np.linalg.inv(matrix) @ waves[..., k][..., None])[..., 0]
    return np.fft.irfft(psi, columns)


def wind(vorticity, latitude):
    """Eastward and northward wind (m/s) without divergence that has this vorticity: two (…, H, W).

    (u, v) = (−∂ψ/∂y, ∂ψ/∂x), central differences; at the first and last latitude one-sided.
    """
    psi = stream_function(vorticity, latitude)
    return -_northward(psi, latitude), _eastward(psi, latitude)


def okubo_weiss(vorticity, latitude):
    """Strain² − vorticity² (1/s²) of that wind: (…, H, W). Negative: the air turns more than it deforms.

    As on a map, (∂u/∂x − ∂v/∂y)² + (∂v/∂x + ∂u/∂y)² − (∂v/∂x − ∂u/∂y)², without the terms of the
    sphere's curvature: with them every jet around a pole would count on its poleward side, where it
    turns with its circle of latitude. All derivatives by the same differences, so that the value is
    0, to rounding, where the wind blows along the circles of latitude. (Okubo 1970, *Horizontal
    dispersion of floatable particles in the vicinity of velocity singularities such as
    convergences*; Weiss 1991, *The dynamics of enstrophy transfer in two-dimensional
    hydrodynamics*.)
    """
    u, v = wind(vorticity, latitude)
    stretching = _eastward(u, latitude) - _northward(v, latitude)
    shearing = _eastward(v, latitude) + _northward(u, latitude)
    turning = _eastward(v, latitude) - _northward(u, latitude)
    return stretching**2 + shearing**2 - turning**2


def vortices(vorticity, latitude):
    """Where the vortices are: (…, H, W) of bool.

    A cell belongs to a vortex where rotation beats deformation, strain² − vorticity² below −0.2 of
    its standard deviation over the globe and all times given. (The threshold of Isern-Fontanet,
    García-Ladona and Font, *Vortices of the Mediterranean Sea: an altimetric perspective*, 2006,
    who ask for one sign in a connected region as well.) A straight jet is none: its shear deforms
    as much as it turns. Beyond 80° nothing counts.
    """
    w = okubo_weiss(vorticity, latitude)
    area = np.cos(np.deg2rad(latitude))
    spread = np.sqrt(np.mean(_mean((w - np.mean(_mean(w, area))) ** 2, area)))
    return (w < -THRESHOLD * spread) & (np.abs(latitude) < POLAR)[:, None]


def _mean(field, area):
    """The mean over the sphere, (…, 1, 1)."""
    return (field * area[:, None]).mean((-2, -1), keepdims=True) / area.mean()


def _eastward(field, latitude):
    """∂/∂x along a circle of latitude."""
    step = 2 * np.pi / field.shape[-1] * EARTH * np.cos(np.deg2rad(latitude))[:, None]
    return (np.roll(field, -1, axis=-1) - np.roll(field, 1, axis=-1)) / (2 * step)


def _northward(field, latitude):
    """∂/∂y along a meridian."""
    return np.gradient(field, np.deg2rad(latitude) * EARTH, axis=-2)
