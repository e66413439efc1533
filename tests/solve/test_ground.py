from __future__ import annotations

import numpy as np

from posewright.geometry import IDENTITY
from posewright.skeletons import reference_skeleton
from posewright.solve.ground import estimate_contacts, floor_height, sole_positions


def test_a_standing_body_has_its_soles_on_the_floor() -> None:
    skeleton = reference_skeleton()
    positions, worlds = skeleton.forward(np.tile(IDENTITY, (3, len(skeleton), 1)), np.tile(skeleton.rest_offsets[0], (3, 1)))
    soles = sole_positions(skeleton, positions, worlds)
    np.testing.assert_allclose(soles[..., 1], 0.0, atol=1e-9)
    assert (soles[0, 1, 2] > soles[0, 0, 2]).all(), "the ball lies before the heel"
    assert soles[0, 0, 0] > 0 > soles[0, 2, 0], "left first"


def test_the_floor_is_where_somebody_mostly_stands() -> None:
    soles = np.zeros((100, 4, 3))
    soles[:, 2:, 1] = 0.3  # one foot up
    soles[40:60, :, 1] += 0.5  # a jump
    soles[3, 0, 1] = -0.4  # a glitch
    soles[..., 1] += 0.9
    assert abs(floor_height(soles) - 0.9) < 0.01


def test_contact_is_low_and_slow() -> None:
    frames = np.arange(30)
    soles = np.zeros((30, 4, 3))
    soles[:, 1, 0] = frames / 30.0 * 2.0  # slides at 2 m/s
    soles[:, 2, 1] = 0.2  # is up
    contacts = estimate_contacts(soles, 30.0)
    assert contacts[:, 0].min() > 0.9
    assert contacts[:, 1:3].max() < 0.1
    assert contacts.dtype == np.float32
    assert estimate_contacts(soles[:1], 30.0).shape == (1, 4)
