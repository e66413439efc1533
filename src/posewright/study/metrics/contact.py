"""Feet and the floor: contacts, skating, sinking in and floating. World: +Y up, floor at a height of 0.

The points are those of the sole that touch the floor (`JointTrack.soles`), so a planted foot has a height of about 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from posewright.errors import require
from posewright.study.metrics.common import Array, check_points, masked_mean

CONTACT_HEIGHT_M = 0.05
"""A point higher than this above the floor is not in contact."""
CONTACT_SPEED_M_S = 0.25
"""A point faster than this is not in contact."""
CONTACT_LEAST_S = 0.08
"""Contacts and gaps shorter than this are taken for noise."""


def detect_contacts(points: Array, fps: float, *, height: float = CONTACT_HEIGHT_M, speed_limit: float = CONTACT_SPEED_M_S, least_s: float = CONTACT_LEAST_S) -> NDArray[np.bool_]:
    """Contacts of a motion that states none: a sole point is low and slow.

    Height and speed thresholds as Lee et al. 2002 (Interactive Control of Avatars) and most work since; Ikemoto et al. 2006
    measure how well they do. Speed is the central difference's, all three axes. First gaps, then contacts shorter than
    `least_s` are removed.

    Args:
        points: sole points, (T, P, 3), metres, floor at y = 0.

    Returns:
        In contact or not, (T, P); False where the position is unknown.
    """
    check_points(points)
    points = np.asarray(points, dtype=np.float64)
    if len(points) < 2:
        return points[..., 1] < height
    speeds = np.linalg.norm(np.gradient(points, 1.0 / fps, axis=0), axis=-1)
    touching = (points[..., 1] < height) & (speeds < speed_limit)
    shortest = round(least_s * fps)
    for column in touching.T:
        _drop_short(column, False, shortest)
        _drop_short(column, True, shortest)
    return touching


def foot_skate(points: Array, contacts: Array) -> float:
    """Mean horizontal distance per frame that a sole point slides between two frames that are both in contact.

    `points` (T, P, 3), `contacts` (T, P). Foot sliding of Yuan et al. 2021 (SimPoE), on sole points in place of mesh vertices.
    """
    check_points(points)
    require(np.shape(contacts) == np.shape(points)[:2], f"contacts have shape {np.shape(contacts)}, points {np.shape(points)}")
    steps = np.linalg.norm(np.diff(np.asarray(points)[..., [0, 2]], axis=0), axis=-1)
    return masked_mean(np.where(contacts[1:] & contacts[:-1], steps, np.nan))


def foot_penetration(points: Array) -> tuple[float, float]:
    """Mean and greatest depth below the floor over all frames and points (T, P, 3); a point above counts as 0. Ground penetration of Rempe et al. 2021 (HuMoR)."""
    check_points(points)
    depth = np.maximum(0.0, -np.asarray(points)[..., 1])
    return masked_mean(depth), float(np.nanmax(depth)) if np.isfinite(depth).any() else float("nan")


def foot_float(points: Array, contacts: Array) -> float:
    """Mean height above the floor of points that should touch it; a point below counts as 0. After Yuan et al. 2023 (PhysDiff), limited to contacts."""
    check_points(points)
    require(np.shape(contacts) == np.shape(points)[:2], f"contacts have shape {np.shape(contacts)}, points {np.shape(points)}")
    return masked_mean(np.where(contacts, np.maximum(0.0, np.asarray(points)[..., 1]), np.nan))


@dataclass(frozen=True)
class ContactScore:
    """How well contacts were found, each 0 to 1; NaN where there is nothing to find or nothing was found."""

    precision: float
    recall: float
    f1: float


def contact_score(pred: Array, ref: Array) -> ContactScore:
    """Precision, recall and their harmonic mean over boolean arrays of one shape. Rempe et al. 2020 (Contact and Human Dynamics), by frame."""
    require(np.shape(pred) == np.shape(ref), f"contacts have shapes {np.shape(pred)} and {np.shape(ref)}")
    hits, found, true = int((pred & ref).sum()), int(np.sum(pred)), int(np.sum(ref))
    return ContactScore(
        precision=hits / found if found else float("nan"),
        recall=hits / true if true else float("nan"),
        f1=2 * hits / (found + true) if found + true else float("nan"),
    )


def _drop_short(flags: NDArray[np.bool_], value: bool, least: int) -> None:
    """Flip, in place, runs of `value` in (T,) shorter than `least` frames that have a neighbour on both sides."""
    for start, stop in pairwise((np.flatnonzero(np.diff(flags)) + 1).tolist()):
        if flags[start] == value and stop - start < least:
            flags[start:stop] = not value
