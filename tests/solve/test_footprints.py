from __future__ import annotations

import numpy as np

from posewright.geometry import quat_from_rotvec, quat_multiply, quat_rotate
from posewright.solve.footprints import FORWARD, Foot, eased, runs, segments, stand, without_steps

FPS = 30.0
FOOT = Foot(heel=np.array([0.0, -0.075, -0.05]), ball=np.array([0.0, -0.06, 0.135]), toe_length=0.07)


def test_contacts_have_hysteresis_and_no_flicker() -> None:
    sure = np.zeros((60, 1))
    sure[5:20, 0] = 0.55  # never sure enough to begin
    sure[20:30, 0] = 0.7
    sure[30:40, 0] = 0.45  # still on
    sure[41:43, 0] = 0.7  # after a gap of one frame
    sure[55:57, 0] = 1.0  # too short
    planted = segments(sure, FPS, on=0.6, off=0.4, least_s=0.1, gap_s=0.08)
    assert runs(planted[:, 0]) == [(20, 43)]


def test_runs_at_the_edges() -> None:
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, dtype=bool)) == []


def test_a_correction_dies_away_without_a_jump_in_value_or_velocity() -> None:
    t = np.arange(600) / 300.0
    held = (t >= 0.5) & (t < 1.0)
    correction = np.where(held, 0.02 + 0.5 * (t - 0.75), 0.0)[:, None]
    out = eased(correction, held, 300.0, ease_s=0.1, speed=10.0)[:, 0]
    np.testing.assert_array_equal(out[held], correction[held, 0])
    assert np.abs(out[(t < 0.35) | (t > 1.15)]).max() == 0.0
    velocity = np.diff(out) * 300.0
    assert np.abs(np.diff(velocity)).max() < 0.35, "in steps of 1/300 s; a jump would show the 0.5 m/s that the correction has at its edges"
    naive = np.diff(correction[:, 0]) * 300.0
    assert np.abs(np.diff(naive)).max() > 10.0


def test_a_large_correction_takes_longer_but_ends_before_the_next_contact() -> None:
    held = np.zeros(200, dtype=bool)
    held[20:40] = held[60:80] = True
    correction = np.where(held, 1.0, 0.0)[:, None] * np.array([[0.2, 0.0, 0.0]])
    correction[60:80] *= -1.0
    out = eased(correction, held, 100.0, ease_s=0.1, speed=0.5)[:, 0]
    assert abs(out[90]) > 0.05, "0.1 s later it is still on its way"
    assert abs(out[79 + 52]) < 1e-9, "0.1 s and 0.2 m at 0.5 m/s"
    assert np.abs(np.diff(out[39:61])).max() < 0.04, "from one to the other within the gap, evenly"


def test_a_step_within_a_contact_is_cut_out() -> None:
    points = np.zeros((60, 1, 3))
    points[30:33, 0, 0] = [0.04, 0.08, 0.12]
    points[33:, 0, 0] = 0.15
    kept = without_steps(np.ones((60, 1), dtype=bool), points, most=0.05, gap=3)
    (first, cut), (again, last) = runs(kept[:, 0])
    assert (first, last) == (0, 60)
    assert 28 <= cut <= 31 <= again <= 35
    assert without_steps(np.ones((60, 1), dtype=bool), 0.3 * points, most=0.05, gap=3).all()


def rolling(frames: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ankle, rotation and contacts of a foot that stands and then lifts its heel, with sway and a sole that is not quite flat."""
    t = np.arange(frames) / FPS
    pitch = np.where(t < 1.0, 0.06 * np.sin(3 * t), 0.8 * np.minimum(t - 1.0, 0.6))
    rotation = quat_multiply(quat_from_rotvec(np.array([0.0, 0.4, 0.0])), quat_from_rotvec(pitch[:, None] * [1.0, 0.0, 0.0] + 0.03 * np.cos(2 * t)[:, None] * [0.0, 0.0, 1.0]))
    ankle = np.array([0.3, 0.085, 0.2]) + 0.01 * np.sin(4 * t)[:, None] + np.maximum(t - 1.0, 0.0)[:, None] * [0.02, 0.08, 0.05]
    planted = np.ones((frames, 2), dtype=bool)
    planted[t >= 1.0, 0] = False
    return ankle, rotation, planted


def test_a_standing_foot_lies_flat_and_still_and_rolls_off_over_its_ball() -> None:
    ankle, rotation, planted = rolling()
    stance = stand(FOOT, ankle, rotation, planted, planted.astype(float), FPS, 0.1, 0.3, 3.0)
    heel = stance.ankle + quat_rotate(stance.rotation, FOOT.heel)
    ball = stance.ankle + quat_rotate(stance.rotation, FOOT.ball)
    flat = planted[:, 0]
    np.testing.assert_allclose(np.ptp(heel[flat], axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.ptp(ball, axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(heel[flat, 1], 0.0, atol=1e-9)
    np.testing.assert_allclose(ball[:, 1], FOOT.ball_height, atol=1e-9)
    assert heel[~flat, 1].min() > -1e-9
    assert heel[-1, 1] > 0.05
    assert np.abs(np.diff(heel[:, 1])).max() < 0.012, "the heel rises from where it stood"


def test_a_heel_that_strikes_keeps_its_toes_up() -> None:
    ankle, rotation, planted = rolling()
    planted = planted[::-1] & np.array([False, True])
    planted[:, 0] = True
    stance = stand(FOOT, ankle[::-1], rotation[::-1], planted, planted.astype(float), FPS, 0.1, 0.3, 3.0)
    heel = stance.ankle + quat_rotate(stance.rotation, FOOT.heel)
    np.testing.assert_allclose(heel[:, 1], 0.0, atol=1e-9)
    assert quat_rotate(stance.rotation, FORWARD)[:, 1].min() > -1e-9


def test_a_foot_in_the_air_is_left_alone() -> None:
    ankle, rotation, planted = rolling()
    stance = stand(FOOT, ankle, rotation, np.zeros_like(planted), planted.astype(float), FPS, 0.1, 0.3, 3.0)
    np.testing.assert_allclose(stance.ankle, ankle)
    np.testing.assert_allclose(stance.rotation, rotation, atol=1e-12)
    assert not stance.held.any()
