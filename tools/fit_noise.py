"""The fit behind `measure_detector.py fit`: clips of BlazePose and the truth to the tables of `DetectorNoise`, and how near they come."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.optimize import nnls
from scipy.stats import spearmanr

from posewright.geometry import Array
from posewright.train.data.bodies import POINT_TWINS, POINTS
from posewright.train.data.clips import Clip, read_clips
from posewright.train.data.noise import CLASSES, SIDES, SWAPPED, DetectorNoise, across_trunk, features, side_of
from posewright.train.data.process import STEP, TIMES_S, Residual
from posewright.train.data.visibility import COVERED, HIDDEN, OUTSIDE, SEEN, View, straight

LAGS = (1, 2, 3, 5, 8, 12, 15, 20, 30)
KNOTS = 30
TRUST_KNOTS = 17
RIDGE = 1e-6
ENOUGH = 400
"""Errors below which a point's table is filled from all points of its kind."""
SWAP_LEAST = 0.05
"""A mistake must gain at least this much, in statures, to be told from noise."""
KINDS = ("face", "shoulder", "elbow", "hand", "hip", "knee", "foot")
_KIND = {"shoulder": 1, "elbow": 2, "wrist": 3, "pinky": 3, "index": 3, "thumb": 3, "hip": 4, "knee": 5, "ankle": 6, "heel": 6, "foot_index": 6}
KIND_OF = np.array([_KIND.get(name.split("_", 1)[-1], 0) for name in POINTS])


@dataclass(frozen=True)
class Errors:
    """Of all clips, one after the other and once more in the mirror; NaN where a person was lost."""

    error: Array
    """Across and along the trunk, statures, (F, 33, 2)."""
    world: Array
    """BlazePose's own 3D, metres, (F, 33, 3)."""
    place: Array
    """What it should be, in statures, (F, 33, 3)."""
    confidence: Array
    state: Array
    view: View
    swapped: Array
    """Whether legs and arms are mistaken, (F, 2)."""
    clip: Array
    """Number of the clip, (F,)."""


def gather(clips: list[Clip]) -> Errors:
    """Errors of all clips, with mirrored copies, so that left and right come out alike."""
    rows = []
    for number, clip in enumerate(clips):
        view, truth, state = clip.view(), clip.truth(), clip.state()
        error = across_trunk((clip.rays - truth) / clip.size()[:, None, None], view.up)
        place, swapped, ones = straight(clip.points) / clip.stature, mistaken(clip, truth), np.ones(len(error), dtype=np.int64)
        rows.append((error, clip.world, place, clip.confidence, state, view.yaw, view.tilt, view.up, swapped, 2 * number * ones))
        flipped = [values[:, POINT_TWINS] * np.array([-1.0, 1.0, 1.0])[: values.shape[-1]] for values in (error, clip.world, place)]
        rows.append((*flipped, clip.confidence[:, POINT_TWINS], state[:, POINT_TWINS], -view.yaw, view.tilt, view.up * [-1.0, 1.0], swapped, (2 * number + 1) * ones))
    error, world, place, confidence, state, yaw, tilt, up, swapped, clip_of = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Errors(error, world, place, confidence, state, View(yaw, tilt, up), swapped, clip_of)


def mistaken(clip: Clip, truth: Array) -> Array:
    """Frames (T, 2) in which a group fits the truth much better with left and right exchanged."""
    columns = []
    found = np.where(np.isfinite(clip.rays), clip.rays, 0.0)
    for limb in SWAPPED:
        plain, crossed = (np.median(np.linalg.norm(found[:, limb] - truth[:, places], axis=-1), axis=1) / clip.size() for places in (limb, POINT_TWINS[limb]))
        columns.append(np.isfinite(clip.rays[:, 0, 0]) & (crossed < 0.5 * plain) & (plain - crossed > SWAP_LEAST))
    return np.stack(columns, axis=1)


def fit(clips: list[Clip]) -> DetectorNoise:
    """All tables from some clips."""
    data = gather(clips)
    usable = np.isfinite(data.error).all(-1)
    for k, group in enumerate(SWAPPED):
        usable[np.ix_(data.swapped[:, k], group)] = False
    known = features(data.view)
    bias = fit_bias(np.broadcast_to(known[:, None], (len(known), len(POINTS), known.shape[-1])), data.error, data.state, usable, 0.015)
    picture, gauss = fit_residual(data.error - np.einsum("pkf,tf->tpk", bias, known), data, usable)
    basis = np.concatenate([np.broadcast_to(known[:, None], (len(known), len(POINTS), known.shape[-1])), data.place], axis=-1)
    world_bias = fit_bias(basis, data.world, data.state, usable, 0.03)
    world, world_gauss = fit_residual(data.world - np.einsum("pkf,tpf->tpk", world_bias, basis), data, usable)
    mix = fit_mix(np.concatenate([each.reshape(len(each), -1) for each in (gauss, world_gauss)], axis=1))
    trust, place = fit_trust(data, np.linalg.norm(gauss, axis=-1), usable)
    trust_gauss = np.where(usable, normal_quantile(place), np.nan)
    trust_parts, common = fit_times(trust_gauss[..., None], data.clip).mean(0), correlation_between(trust_gauss)
    tables = (bias, picture, world_bias, world, mix, trust, trust_parts, np.array([common]), fit_swaps(data))
    return DetectorNoise(*(table if isinstance(table, Residual) else table.astype(np.float32) for table in tables))


def fit_residual(rest: Array, data: Errors, usable: Array) -> tuple[Residual, Array]:
    """Tables of residuals (F, 33, D), and the Gaussians (F, 33, D) behind them; NaN where not usable."""
    shape = fit_shape(rest, usable & (data.state == SEEN))
    round_ = np.einsum("pkl,tpl->tpk", np.linalg.inv(shape), rest)
    length = np.linalg.norm(round_, axis=-1)
    radius = fit_radius(length, data.state, usable, rest.shape[-1])
    place = to_gauss(length, radius, data.state)
    gauss = np.where(usable[..., None], round_ / np.maximum(length, 1e-9)[..., None] * place[..., None], np.nan)
    shares = fit_times(gauss, data.clip)
    return Residual(*(table.astype(np.float32) for table in (shape, radius, (shares + shares[POINT_TWINS]) / 2.0))), gauss


def fit_bias(basis: Array, values: Array, state: Array, usable: Array, scatter: float) -> Array:
    """Least squares with Huber's weights (1964) of values (F, 33, D) by a basis (F, 33, B), point by point, (33, D, B).

    An error of more than `scatter` weighs the less.
    """
    out = np.zeros((len(POINTS), values.shape[-1], basis.shape[-1]))
    for p in range(len(POINTS)):
        rows = usable[:, p] & np.isin(state[:, p], (SEEN, HIDDEN))
        a, y = basis[rows, p].astype(np.float64), values[rows, p]
        weight = np.where(state[rows, p] == SEEN, 1.0, 0.3)
        solution = np.zeros((a.shape[1], y.shape[1]))
        for _ in range(8):
            gap = np.linalg.norm(y - a @ solution, axis=-1)
            w = weight * np.minimum(1.0, scatter / np.maximum(gap, 1e-6))
            solution = np.linalg.solve((a * w[:, None]).T @ a + RIDGE * len(a) * np.eye(a.shape[1]), (a * w[:, None]).T @ y)
        out[p] = solution.T
    return out


def fit_shape(rest: Array, usable: Array) -> Array:
    """Root of each point's covariance, of the nine tenths that are nearest, scaled to determinant 1, (33, D, D)."""
    size = rest.shape[-1]
    out = np.empty((len(POINTS), size, size))
    for p in range(len(POINTS)):
        values = rest[usable[:, p], p]
        near = np.linalg.norm(values, axis=-1)
        values = values[near <= np.quantile(near, 0.9)]
        root = np.linalg.cholesky(values.T @ values / len(values))
        out[p] = root / np.linalg.det(root) ** (1.0 / size)
    return out


def fit_radius(length: Array, state: Array, usable: Array, size: int) -> Array:
    """Quantiles of the length of residuals in `size` dimensions at the knots, (33, 4, KNOTS)."""
    from scipy.stats import chi

    share = chi(size).cdf(STEP * np.arange(KNOTS))
    out = np.empty((len(POINTS), 4, KNOTS))
    for s in (SEEN, HIDDEN, COVERED, OUTSIDE):
        for p in range(len(POINTS)):
            out[p, s] = np.quantile(pooled(length, state, usable, p, s), share)
    return out


def pooled(values: Array, state: Array, usable: Array, p: int, s: int) -> Array:
    """Values of a point met in one way; of all points of its kind, then of all points, where there are too few."""
    for among in ([p], np.flatnonzero(KIND_OF[p] == KIND_OF), np.arange(len(POINTS))):
        chosen = values[:, among][usable[:, among] & (state[:, among] == s)]
        if len(chosen) >= ENOUGH:
            return chosen
    return values[usable] if not len(chosen) else chosen


def to_gauss(length: Array, radius: Array, state: Array) -> Array:
    """The Gaussian radius of each residual, (F, 33)."""
    out = np.zeros(length.shape)
    for p in range(len(POINTS)):
        for s in range(4):
            rows = state[:, p] == s
            knots = np.maximum.accumulate(radius[p, s] + 1e-9 * np.arange(KNOTS))
            out[rows, p] = np.interp(np.nan_to_num(length[rows, p]), knots, STEP * np.arange(KNOTS))
    return out


def fit_mix(flat: Array) -> Array:
    """Cholesky factor of the correlation of all coordinates (F, N), over the pairs that are known, (N, N)."""
    known, values = np.isfinite(flat).astype(np.float64), np.nan_to_num(flat)
    cov = (values.T @ values) / np.maximum(known.T @ known, 1.0)
    scale = np.sqrt(np.diag(cov))
    correlation = cov / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    scale = np.sqrt(np.diag(correlation))
    return np.linalg.cholesky(correlation / np.outer(scale, scale))


def autocorrelation(values: Array, clip: Array, lag: int) -> Array:
    """Correlation of values (F, P, D) with those `lag` frames later of the same clip, by point (P,); NaN left out."""
    a, b = values[:-lag], values[lag:]
    good = (clip[:-lag] == clip[lag:])[:, None] & np.isfinite(a).all(-1) & np.isfinite(b).all(-1)
    a, b = np.where(good[..., None], a, 0.0), np.where(good[..., None], b, 0.0)
    return (a * b).sum((0, 2)) / np.maximum(np.sqrt((a * a).sum((0, 2)) * (b * b).sum((0, 2))), 1e-9)


def fit_times(values: Array, clip: Array) -> Array:
    """Shares of `TIMES_S` in the variance of values (F, P, D), by point, (P, 3)."""
    measured = np.array([autocorrelation(values, clip, lag) for lag in LAGS])
    basis = np.array([[np.exp(-lag / 30.0 / time) for time in TIMES_S] for lag in LAGS])
    basis, measured = np.concatenate([basis, 30.0 * np.ones((1, 3))]), np.concatenate([measured, 30.0 * np.ones((1, measured.shape[1]))])
    shares = np.array([nnls(basis, column)[0] for column in measured.T])
    return shares / shares.sum(1, keepdims=True)


def fit_trust(data: Errors, gauss_radius: Array, usable: Array) -> tuple[Array, Array]:
    """Quantiles of confidence, (33, 4, 3, TRUST_KNOTS), and each one's place in its own distribution, (F, 33)."""
    classes = np.digitize(gauss_radius, CLASSES[1:])
    out, place = np.empty((len(POINTS), 4, len(CLASSES), TRUST_KNOTS)), np.full(data.confidence.shape, 0.5)
    even = np.linspace(0.0, 1.0, TRUST_KNOTS)
    for p in range(len(POINTS)):
        for s in range(4):
            for c in range(len(CLASSES)):
                out[p, s, c] = np.quantile(pooled(data.confidence, data.state, usable & (classes == c), p, s), even)
                rows = (data.state[:, p] == s) & (classes[:, p] == c)
                knots = np.maximum.accumulate(out[p, s, c] + 1e-7 * np.arange(TRUST_KNOTS))
                place[rows, p] = np.interp(data.confidence[rows, p], knots, even)
    return out, place


def normal_quantile(share: Array) -> Array:
    from scipy.special import ndtri

    return ndtri(np.clip(share, 0.005, 0.995))


def correlation_between(values: Array) -> float:
    """Mean correlation between two points of a frame, at least 0."""
    known, filled = np.isfinite(values).astype(np.float64), np.nan_to_num(values)
    cov = (filled.T @ filled) / np.maximum(known.T @ known, 1.0)
    scale = np.sqrt(np.maximum(np.diag(cov), 1e-9))
    correlation = cov / np.outer(scale, scale)
    return float(np.clip(correlation[~np.eye(len(correlation), dtype=bool)].mean(), 0.0, 0.95))


def fit_swaps(data: Errors) -> Array:
    """Chance a frame that a mistake begins and that it ends, (2, SIDES, 2)."""
    out = np.zeros((2, SIDES, 2))
    same, side = data.clip[1:] == data.clip[:-1], side_of(data.view)[1:]
    for k in range(2):
        before, now = data.swapped[:-1, k] & same, data.swapped[1:, k] & same
        for s in range(SIDES):
            here = same & (side == s)
            out[k, s, 0] = (now & ~before & here).sum() / max((~before & here).sum(), 1)
            out[k, s, 1] = (before & ~now & here).sum() / max((before & here).sum(), 1) if (before & here).any() else 0.5
    return out


def compare(noise: DetectorNoise, clips: list[Clip], seed: int = 5) -> str:
    """A table in Markdown: measured and sampled errors by kind of point, and how alike they are in time."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[Array]] = {"real": [], "sampled": [], "conf": [], "conf sampled": []}
    names = []
    for number, clip in enumerate(clips):
        if clip.kind != "whole":
            continue
        seen = noise.sample(rng, clip.points[None], np.array([clip.stature]), things=0.0, cut=0.0)
        size = clip.size()[:, None, None]
        rows["real"].append((clip.rays - clip.truth()) / size)
        rows["sampled"].append((seen.rays[0] - clip.truth()) / size)
        rows["conf"].append(clip.confidence)
        rows["conf sampled"].append(seen.confidence[0])
        names.append(np.full(len(clip.rays), number))
    joined = {key: np.concatenate(parts) for key, parts in rows.items()}
    clip_of = np.concatenate(names)
    lines = ["| points | median | 90th percentile | 99th | after 1 frame | 5 | 15 | confidence median | 10th percentile |", "|---|---|---|---|---|---|---|---|---|"]
    for kind, name in enumerate(KINDS):
        points = np.flatnonzero(kind == KIND_OF)
        cells = []
        for q in (50, 90, 99):
            cells.append(" / ".join(f"{1000 * np.nanpercentile(np.linalg.norm(joined[key][:, points], axis=-1), q):.1f}" for key in ("real", "sampled")))
        for lag in (1, 5, 15):
            cells.append(" / ".join(f"{np.mean(autocorrelation(joined[key][:, points], clip_of, lag)):.2f}" for key in ("real", "sampled")))
        for q in (50, 10):
            cells.append(" / ".join(f"{np.percentile(joined[key][:, points], q):.2f}" for key in ("conf", "conf sampled")))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def compare_world(noise: DetectorNoise, clips: list[Clip], seed: int = 6) -> str:
    """A line: BlazePose's own 3D from the hips against the truth, measured and sampled."""
    rng = np.random.default_rng(seed)
    errors: tuple[list[Array], list[Array]] = ([], [])
    for clip in clips:
        if clip.kind == "whole":
            own = noise.sample(rng, clip.points[None], np.array([clip.stature]), things=0.0, cut=0.0, world=True).world
            for found, values in zip(errors, (clip.world, own[0]), strict=True):
                found.append(np.linalg.norm(values - straight(clip.points), axis=-1))
    figures = [f"{1000 * np.nanmean(part):.0f} / {1000 * np.nanmedian(part):.0f} / {1000 * np.nanpercentile(part, 90):.0f}" for part in map(np.concatenate, errors)]
    return f"BlazePose's own 3D from the hips, mean / median / 90th percentile, mm: measured {figures[0]}, sampled {figures[1]}"


def meaning(data: Errors) -> str:
    """What confidence tells, on the clips as they are (not their mirror images): by how a point is met, by confidence, and as a rank correlation."""
    own = data.clip % 2 == 0
    error, trust, state = 1000.0 * np.linalg.norm(data.error[own], axis=-1), data.confidence[own], data.state[own]
    known = np.isfinite(error)
    lines = ["| a point is | share, % | error, median / 90th percentile | confidence, 10th / 50th percentile | below 0.3, % |", "|---|---|---|---|---|"]
    for name, value in (("in plain sight", SEEN), ("hidden by the body", HIDDEN), ("behind a thing", COVERED), ("outside the picture", OUTSIDE)):
        some = known & (state == value)
        if some.any():
            (middle, far), (low, usual) = np.percentile(error[some], (50, 90)), np.percentile(trust[some], (10, 50))
            lines.append(f"| {name} | {100 * some.sum() / known.sum():.1f} | {middle:.0f} / {far:.0f} | {low:.2f} / {usual:.2f} | {100 * np.mean(trust[some] < 0.3):.0f} |")
    for low, high in pairwise((0.0, 0.3, 0.6, 0.9, 1.01)):
        some = known & (trust >= low) & (trust < high)
        if some.any():
            middle, far = np.percentile(error[some], (50, 90))
            lines.append(f"| of confidence {low:.1f} to {min(high, 1.0):.1f} | {100 * some.sum() / known.sum():.0f} | {middle:.0f} / {far:.0f} | | |")
    correlation = spearmanr(trust[known], error[known]).statistic
    return "\n".join([*lines, "", f"Rank correlation of confidence and error: {correlation:.2f}. Nobody was found in {100 * np.mean(~known.any(1)):.1f} % of the frames."])


def run(work: Path, output: Path) -> None:
    """Fit to WORK/shards, write the tables, print how near they come there and on WORK/heldout."""
    clips = read_clips(work / "shards")
    noise = fit(clips)
    noise.save(output)
    print(f"{output}: {output.stat().st_size / 1e3:.0f} KB from {len(clips)} clips, {sum(len(clip.rays) for clip in clips)} frames")
    print(f"mistaken, chance a frame to begin and to end, front / side / behind: legs {noise.swaps[0].round(4).tolist()}, arms {noise.swaps[1].round(4).tolist()}")
    print(f"\nErrors in thousandths of the stature:\n\n{meaning(gather(clips))}")
    for name, some in (("the clips it was fitted to", clips), ("held-out people and motions", read_clips(work / "heldout"))):
        if some:
            print(f"\nMeasured / sampled on {name}, thousandths of the stature:\n\n{compare(noise, some)}\n\n{compare_world(noise, some)}")
