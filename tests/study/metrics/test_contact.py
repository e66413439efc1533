"""Feet that stand, slide, sink and float by known amounts."""

import numpy as np
import pytest

from posewright.study.metrics import contact_score, detect_contacts, foot_float, foot_penetration, foot_skate

FPS = 30.0


def steps() -> tuple[np.ndarray, np.ndarray]:
    """One point that stands 20 frames, steps forward by 0.6 m in 10, stands 20: positions (50, 1, 3) and contacts (50, 1)."""
    phase = np.clip((np.arange(50) - 19) / 11, 0, 1)
    points = np.zeros((50, 1, 3))
    points[:, 0, 2] = 0.6 * phase
    points[:, 0, 1] = 0.15 * np.sin(np.pi * phase)
    contacts = np.ones((50, 1), dtype=bool)
    contacts[20:30] = False
    return points, contacts


def test_contacts_are_where_the_foot_stands() -> None:
    points, contacts = steps()
    found = detect_contacts(points, FPS)
    assert (found != contacts).sum() <= 2  # central differences see the step one frame early and late
    assert found[:19].all()
    assert found[31:].all()
    assert not found[21:29].any()


def test_a_foot_dragged_or_held_up_is_no_contact() -> None:
    points, _ = steps()
    dragged = points * [1, 0, 1]
    assert not detect_contacts(dragged, FPS)[21:29].any()
    assert not detect_contacts(points + np.array([0, 0.06, 0]), FPS).any()


def test_short_gaps_and_short_contacts_are_noise() -> None:
    points = np.zeros((60, 1, 3))
    points[20, 0, 1] = 0.055  # a single frame above: too high, though the neighbours are not too fast
    assert detect_contacts(points, FPS, speed_limit=9).all()
    aloft = np.full((60, 1, 3), 0.5)
    aloft[30, 0, 1] = 0.0
    assert not detect_contacts(aloft, FPS, speed_limit=99).any()


def test_unknown_positions_are_no_contact() -> None:
    points = np.zeros((10, 1, 3))
    points[4:] = np.nan
    assert not detect_contacts(points, FPS)[4:].any()


def test_skate_counts_horizontal_slide_between_contacts_only() -> None:
    points, contacts = steps()
    assert foot_skate(points, contacts) == pytest.approx(0.0)
    points[:, 0, 0] += 0.003 * np.arange(50)
    points[:, 0, 1] += 0.01 * np.arange(50)  # rising is no sliding
    assert foot_skate(points, contacts) == pytest.approx(0.003)
    assert np.isnan(foot_skate(points, np.zeros_like(contacts)))


def test_penetration_and_float() -> None:
    points = np.zeros((4, 1, 3))
    points[:, 0, 1] = [-0.02, 0.03, -0.01, 0.05]
    mean, deepest = foot_penetration(points)
    assert (mean, deepest) == (pytest.approx(0.0075), pytest.approx(0.02))
    assert foot_float(points, np.array([[True], [True], [True], [False]])) == pytest.approx(0.01)


def test_contact_score() -> None:
    ref = np.array([1, 1, 1, 1, 0, 0], dtype=bool)
    pred = np.array([1, 1, 1, 0, 1, 0], dtype=bool)
    score = contact_score(pred, ref)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.75, 0.75)
    assert contact_score(ref, ref).f1 == 1.0
    assert np.isnan(contact_score(~ref & False, ref & False).f1)
