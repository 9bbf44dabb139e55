"""Wind and vortices from the vorticity, against flows whose stream function is a formula."""

import numpy as np
import pytest

from helpers import load_weather, vortices
from helpers.experiments.vortices import okubo_weiss, stream_function, wind
from tests.random_settings import one_thread  # noqa: F401 (a fixture)

RADIUS = 6.371e6
RATE = 1e-5  # 1/s


def globe(rows):
    """Latitude (degrees, from the north), and both coordinates of all cells in radians."""
    latitude = 90 - 180 / rows * (np.arange(rows) + 0.5)
    longitude = 2 * np.pi * np.arange(2 * rows) / (2 * rows)
    return latitude, *np.meshgrid(np.deg2rad(latitude), longitude, indexing="ij")


def solid(phi, lam):
    """The whole air turns eastward like a ball: ψ, ζ, u, v."""
    psi = -(RADIUS**2) * RATE * np.sin(phi)
    return psi, 2 * RATE * np.sin(phi), RADIUS * RATE * np.cos(phi), 0 * phi


def rossby_haurwitz(phi, lam):
    """Wave number 4, of degree 5, so ∇²ψ = −30 ψ/a² (Williamson et al. 1992, case 6), on solid rotation."""
    s, c = np.sin(phi), np.cos(phi)
    psi, zeta, u, v = solid(phi, lam)
    wave = RADIUS**2 * RATE * c**4 * s * np.cos(4 * lam)
    return (
        psi + wave, zeta - 30 * wave / RADIUS**2,
        u + RADIUS * RATE * c**3 * (4 * s**2 - c**2) * np.cos(4 * lam),
        v - 4 * RADIUS * RATE * c**3 * s * np.sin(4 * lam),
    )  # fmt: skip


FLOWS = pytest.mark.parametrize("flow", [solid, rossby_haurwitz])


def rms(error, phi, within=90):
    """Weighted with the area, between two latitudes."""
    weight = np.cos(phi) * (abs(np.rad2deg(phi)) < within)
    return np.sqrt((weight * error**2).sum() / weight.sum())


# -- stream function and wind ----------------------------------------------------------------------


@FLOWS
def test_the_formulas_of_the_flows_belong_together(flow):
    """u, v and ζ of a formula for ψ, by differences over 10⁻⁴ radians, where they can be taken."""
    phi, lam = np.array([-1.1, -0.3, 0.2, 0.9]), np.array([0.1, 2.0, 3.3, 5.1])
    d = 1e-4
    at = lambda p, q, part=0: flow(p, q)[part]  # noqa: E731
    north = (at(phi + d, lam) - at(phi - d, lam)) / (2 * d * RADIUS)
    east = (at(phi, lam + d) - at(phi, lam - d)) / (2 * d * RADIUS * np.cos(phi))
    _, zeta, u, v = flow(phi, lam)
    np.testing.assert_allclose(u, -north, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(v, east, rtol=1e-6, atol=1e-5)
    v_east = (at(phi, lam + d, 3) - at(phi, lam - d, 3)) / (2 * d)
    u_north = (at(phi + d, lam, 2) * np.cos(phi + d) - at(phi - d, lam, 2) * np.cos(phi - d)) / (2 * d)
    np.testing.assert_allclose((v_east - u_north) / (RADIUS * np.cos(phi)), zeta, rtol=1e-5, atol=1e-11)


@FLOWS
def test_the_error_falls_fourfold_where_the_grid_is_twice_as_fine(flow):
    errors = []
    for rows in (16, 32, 64):
        latitude, phi, lam = globe(rows)
        psi, zeta, u, v = flow(phi, lam)
        found = stream_function(zeta, latitude), *wind(zeta, latitude)
        scales = np.abs(psi).max(), np.abs(u).max(), np.abs(u).max()
        # at the first and last latitude differences are one-sided, so winds are compared without them
        errors.append([rms(a - b, phi, within) / scale for a, b, within, scale in
                       zip(found, (psi, u, v), (90, 75, 75), scales)])  # fmt: skip
    assert np.max(errors[2]) < 0.01
    kept = np.max(errors, axis=0) > 1e-12  # solid rotation has no v at all
    assert kept.sum() == (2 if flow is solid else 3)
    for coarse, fine in zip(errors, errors[1:]):
        ratios = np.divide(coarse, fine, where=kept, out=np.full(3, 4.0))
        assert (3.3 < ratios).all() and (ratios < 4.7).all()


def test_the_winds_around_a_cyclone_in_the_north_turn_counter_clockwise():
    latitude, phi, lam = globe(64)
    distance = np.hypot(phi - np.pi / 4, (lam - np.pi) * np.cos(np.pi / 4))
    u, v = wind(1e-4 * np.exp(-((distance / 0.12) ** 2)), latitude)
    north, middle, south = (np.argmin(abs(latitude - degrees)) for degrees in (53, 45, 37))
    west, centre, east = (np.argmin(abs(np.rad2deg(lam[0]) - degrees)) for degrees in (169, 180, 191))
    assert v[middle, east] > 5 and v[middle, west] < -5
    assert u[south, centre] > 5 and u[north, centre] < -5


def test_the_mean_of_the_vorticity_moves_nothing_and_that_of_the_stream_function_is_zero():
    latitude, phi, lam = globe(32)
    zeta = rossby_haurwitz(phi, lam)[1] * np.cos(lam - phi)
    psi = stream_function(zeta, latitude)
    np.testing.assert_allclose(stream_function(zeta + 1e-4, latitude), psi, rtol=1e-9, atol=1e-9 * np.abs(psi).max())
    assert abs((psi * np.cos(phi)).sum()) < 1e-9 * np.abs(psi * np.cos(phi)).sum()


def test_maps_may_lie_in_stacks_and_upside_down():
    latitude, phi, lam = globe(16)
    zetas = np.stack([flow(phi, lam + 0.3)[1] for flow in (solid, rossby_haurwitz)])
    stacked = stream_function(zetas[:, None], latitude)
    scale = 1e-9 * np.abs(stacked).max()
    assert stacked.shape == (2, 1, 16, 32)
    for n in (0, 1):
        np.testing.assert_allclose(stacked[n, 0], stream_function(zetas[n], latitude), atol=scale)
        for part, turned in zip(wind(zetas[n], latitude), wind(zetas[n, ::-1], latitude[::-1])):
            np.testing.assert_allclose(part, turned[::-1], atol=1e-6)


# -- rotation and deformation ----------------------------------------------------------------------


def test_solid_rotation_turns_and_does_not_deform_where_its_axis_meets_the_equator():
    """Strain 0 and ζ = 2Ω there, so that W = −4Ω²; on a map it is so near that place only."""
    latitude, phi, lam = globe(180)
    zeta = 2 * RATE * np.cos(phi) * np.cos(lam - np.pi)
    near = (abs(np.rad2deg(phi)) < 5) & (abs(np.rad2deg(lam - np.pi)) < 5)
    w = okubo_weiss(zeta, latitude)[near]
    assert w.size > 50
    np.testing.assert_allclose(w, -4 * RATE**2, rtol=0.03)


@pytest.mark.parametrize("centre", [0, 45, -60])
def test_a_jet_along_its_circle_of_latitude_is_no_vortex(centre):
    """u = U exp(−((φ − φ₀)/w)²): the shear deforms as much as it turns, on the poleward side as well."""
    latitude, phi = (part[..., :8] if part.ndim == 2 else part for part in globe(180)[:2])  # 8 longitudes do
    width, away = np.deg2rad(8), phi - np.deg2rad(centre)
    u = 50 * np.exp(-((away / width) ** 2))
    zeta = u * 2 * away / width**2 / RADIUS + u * np.tan(phi) / RADIUS
    assert np.abs(okubo_weiss(zeta, latitude)).max() < 1e-9 * (zeta**2).max()


def test_strain_is_positive_and_an_ellipse_that_turns_is_negative():
    """ψ = A (y² − z²) on the unit sphere, of degree 2: ζ = −6 ψ/a².

    At (1, 0, 0) it is λ² − φ², a saddle: W = (ψxx − ψyy)² = 16 A²/a⁴. At (0, 1, 0) it is
    1 − λ′² − 2φ², a hill: W = −4 ψxx ψyy = −32 A²/a⁴.
    """
    latitude, phi, lam = globe(180)
    zeta = -6 * RATE * ((np.cos(phi) * np.sin(lam)) ** 2 - np.sin(phi) ** 2)  # A = a² RATE
    w = okubo_weiss(zeta, latitude) / RATE**2
    quarter = 2 * 180 // 4
    np.testing.assert_allclose(w[89:91, 0], 16, rtol=0.01)
    np.testing.assert_allclose(w[89:91, quarter], -32, rtol=0.01)


# -- vortices --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs():
    weather = load_weather("test")
    return weather.vorticity[:2, ::5], weather.latitude


def test_a_vortex_is_where_rotation_beats_deformation_by_a_fifth_of_the_spread(runs):
    vorticity, latitude = runs
    w = okubo_weiss(vorticity, latitude)
    total = mean = square = 0.0
    for row, degrees in enumerate(latitude):
        weight = np.cos(np.deg2rad(degrees))
        total += weight * w[:, :, row].size
        mean += weight * w[:, :, row].sum()
        square += weight * (w[:, :, row] ** 2).sum()
    spread = np.sqrt(square / total - (mean / total) ** 2)
    mask = vortices(vorticity, latitude)
    assert mask.dtype == bool and mask.shape == vorticity.shape
    for row, degrees in enumerate(latitude):
        wanted = w[:, :, row] < -0.2 * spread if abs(degrees) < 80 else np.zeros_like(mask[:, :, row])
        assert np.array_equal(mask[:, :, row], wanted)
    assert 0.02 < mask.mean() < 0.3


def test_nothing_counts_beyond_80_degrees_not_even_a_cyclone_there():
    latitude, phi, lam = globe(32)
    distance = np.hypot(phi - np.deg2rad(82), (lam - np.pi) * np.cos(np.deg2rad(82)))
    zeta = 1e-4 * np.exp(-((distance / 0.2) ** 2))
    mask = vortices(zeta, latitude)
    assert mask.any() and not mask[abs(latitude) >= 80].any()
    w = okubo_weiss(zeta, latitude)
    assert w[latitude > 80].min() < -0.2 * w.std()  # or else the rule has nothing to do


def test_one_map_is_enough_and_a_cyclone_is_found_where_it_is():
    latitude, phi, lam = globe(32)
    distance = np.hypot(phi - np.pi / 4, (lam - np.pi) * np.cos(np.pi / 4))
    mask = vortices(1e-4 * np.exp(-((distance / 0.2) ** 2)), latitude)
    assert mask.shape == (32, 64) and mask.any()
    assert distance[mask].max() < 0.25 and mask[distance < 0.1].all()


@pytest.mark.parametrize("cells", [1, 13, 32])
def test_vortices_move_with_the_globe(runs, cells):
    vorticity, latitude = runs
    moved = vortices(np.roll(vorticity, cells, axis=-1), latitude)
    assert np.array_equal(np.roll(moved, -cells, axis=-1), vortices(vorticity, latitude))


def test_the_south_is_the_mirror_of_the_north(runs):
    """In a mirror vortices turn the other way."""
    vorticity, latitude = runs
    assert np.array_equal(vortices(-vorticity[..., ::-1, :], latitude)[..., ::-1, :], vortices(vorticity, latitude))
    u, v = wind(vorticity, latitude)
    mirrored = wind(-vorticity[..., ::-1, :], latitude)
    np.testing.assert_allclose(mirrored[0][..., ::-1, :], u, atol=1e-6)
    np.testing.assert_allclose(mirrored[1][..., ::-1, :], -v, atol=1e-6)
