import numpy as np
import pytest

from posewright.solve.refine.support import Vertical


def _vertical(pitch_deg, roll_deg):
    pitch, roll = np.radians([pitch_deg, roll_deg])
    return Vertical(np.array([np.cos(pitch) * np.sin(roll), -np.cos(pitch) * np.cos(roll), -np.sin(pitch)]), 0.02)


@pytest.mark.parametrize("pitch", [-25.0, 0.0, 30.0])
@pytest.mark.parametrize("roll", [-2.0, 1.0, 3.0])
def test_a_small_roll_is_halved_and_the_pitch_stays(pitch, roll):
    held = _vertical(pitch, roll).held_level()
    assert np.linalg.norm(held.up) == pytest.approx(1.0)
    assert held.pitch_deg == pytest.approx(pitch)
    assert 0.45 < held.roll_deg / roll < 0.6


@pytest.mark.parametrize("roll", [30.0, -90.0])
def test_a_large_roll_is_meant(roll):
    assert _vertical(10.0, roll).held_level().roll_deg == pytest.approx(roll, rel=0.05)


def test_two_verticals_meet_half_way():
    both = _vertical(10.0, 0.0).averaged(_vertical(20.0, 0.0).up)
    assert both.pitch_deg == pytest.approx(15.0)
    assert both.roll_deg == pytest.approx(0.0)
