"""Which joints belong to one person: part-affinity fields along each limb, then greedy assembly (Cao et al. 2017, https://arxiv.org/abs/1611.08050)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.openpose.layout import Layout

Array = NDArray[np.float64]
SAMPLES = 10
"""Points on a limb at which the field is looked up."""


@dataclass(frozen=True)
class Rules:
    """How sure a program wants to be."""

    min_peak: float
    """Of a joint's heat map."""
    min_field: float = 0.05
    """Of the field along a limb at one point."""
    min_share: float = 0.8
    """Of the points on a limb must have more than that; not itself enough."""
    prior: bool = True
    """True: a limb's score is the mean over all points, less where it is longer than half the map's height.
    False: the mean over the points that are sure."""
    min_parts: int = 4
    """Of a person."""
    min_score: float = 0.4
    """Of a person, a part."""


@dataclass
class Group:
    """One person being put together."""

    parts: NDArray[np.intp]
    """Number of each joint's peak among all peaks, -1 for none. Shape (J,)."""
    score: float = 0.0
    """Sum over peaks and limbs."""
    count: int = field(default=0)
    """Peaks taken, as the published programs count them."""

    @property
    def mean_score(self) -> float:
        """Score for each part."""
        return self.score / max(self.count, 1)


def limb_scores(starts: Array, ends: Array, fields: NDArray[np.floating], rules: Rules) -> Array:
    """How well the field (2, H, W) of a limb supports each pair of peaks (A, 3) and (B, 3), (A, B); -inf where it does not."""
    vector = ends[None, :, :2] - starts[:, None, :2]  # (A, B, 2)
    length = np.linalg.norm(vector, axis=-1)
    points = starts[:, None, None, :2] + vector[:, :, None] * np.linspace(0.0, 1.0, SAMPLES)[:, None]
    columns, rows = np.moveaxis(np.rint(points).astype(np.intp), -1, 0)
    along = np.einsum("dabs,abd->abs", fields[:, rows, columns], vector / np.maximum(length, 1e-3)[..., None])
    sure = along > rules.min_field
    if rules.prior:
        score = along.mean(axis=-1) + np.minimum(0.5 * fields.shape[1] / np.maximum(length, 1e-3) - 1.0, 0.0)
    else:
        score = (along * sure).sum(axis=-1) / np.maximum(sure.sum(axis=-1), 1e-6)
    return np.where((sure.sum(axis=-1) > rules.min_share * SAMPLES) & (score > 0), score, -np.inf)


def match(scores: Array) -> list[tuple[int, int, float]]:
    """Pairs of row and column with their score, the best first, each row and column at most once."""
    pairs = []
    order = np.argsort(-scores, axis=None, kind="stable")
    free_rows, free_columns = np.ones(scores.shape[0], bool), np.ones(scores.shape[1], bool)
    for row, column in zip(*np.unravel_index(order, scores.shape), strict=True):
        if not np.isfinite(scores[row, column]):
            break
        if free_rows[row] and free_columns[column]:
            free_rows[row] = free_columns[column] = False
            pairs.append((int(row), int(column), float(scores[row, column])))
    return pairs


def group(peaks: Sequence[Array], fields: NDArray[np.floating], layout: Layout, rules: Rules) -> list[Group]:
    """People from the peaks of each joint, (N, 3) of x, y, height, and the fields (2 L, H, W), in the order in which they were begun."""
    heights = np.concatenate([found[:, 2] for found in peaks])
    first = np.cumsum([0, *(len(found) for found in peaks)])
    groups: list[Group] = []
    for limb in layout.limbs:
        starts, ends = peaks[limb.start], peaks[limb.end]
        if not len(starts) or not len(ends):
            continue
        for a, b, score in match(limb_scores(starts, ends, fields[limb.channel : limb.channel + 2], rules)):
            a, b = int(a + first[limb.start]), int(b + first[limb.end])
            owners = [person for person in groups if person.parts[limb.start] == a or person.parts[limb.end] == b]
            if len(owners) == 1:
                _extend(owners[0], limb.end, b, score + heights[b])
            elif len(owners) > 1:
                _join(groups, owners[0], owners[1], limb.end, b, score, heights[b])
            elif limb.founds:
                person = Group(np.full(len(layout.joint_set), -1), float(heights[a] + heights[b] + score), 2)
                person.parts[[limb.start, limb.end]] = a, b
                groups.append(person)
    return [person for person in groups if person.count >= rules.min_parts and person.mean_score >= rules.min_score]


def _extend(person: Group, joint: int, peak: int, score: float) -> None:
    if person.parts[joint] != peak:
        person.parts[joint] = peak
        person.count += 1
        person.score += score


def _join(groups: list[Group], one: Group, other: Group, joint: int, peak: int, score: float, height: float) -> None:
    """A limb that leads from one person to another makes them one, unless both have some joint."""
    if ((one.parts >= 0) & (other.parts >= 0)).any():
        one.parts[joint] = peak
        one.count += 1
        one.score += score + height
        return
    one.parts = np.maximum(one.parts, other.parts)
    one.count += other.count
    one.score += other.score + score
    groups[:] = [person for person in groups if person is not other]
