"""Blows as they come in karate forms: how much of their peak speed is kept, by limb, in sight or not, whatever side the person shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from posewright.study.evaluate import evaluate
from posewright.study.load import load_joints
from posewright.study.metrics import blows
from posewright.study.names import LIMBS12
from posewright.study.tracks import JointTrack
from posewright.train.data.bodies import POINTS
from posewright.train.data.visibility import hidden
from quality.given import GIVEN, given
from quality.measure import BLOW_M_S, striking
from quality.methods import ALIKE_ROW, BEST_ROW, Clip, Method, ablations, methods, true_camera

CHOSEN_ON = ("bassai", "empi", "gedanbarai")
"""How the names of clips begin with which constants of the refinement were chosen."""
LIMBS = {"wrist": "elbow", "ankle": "knee"}
"""What strikes, and the joint before it."""
AROUND_S = 0.12
"""Time before and after a blow in which it has to be seen,"""
SEEN = 0.8
"""for this share of it."""
ERRORS = {"MPJPE": "MPJPE, mm", "PA-MPJPE": "PA-MPJPE, mm", "MPJVE": "velocity, mm/frame", "acceleration error": "acceleration error, mm/frame²"}


@dataclass(frozen=True)
class Strike:
    """One blow, as one method has it."""

    clip: str
    limb: str
    """`wrist` or `ankle`."""
    in_sight: bool
    """The striking joint and the one before it are not behind the person's own body."""
    kept: float
    """Peak speed, percent of the truth's."""


@dataclass(frozen=True)
class Form:
    """What one method makes of one clip."""

    strikes: tuple[Strike, ...]
    errors: Mapping[str, float]
    """Those of `ERRORS`."""


def measured(clips: Iterable[Clip], interpreter: str | None, workers: int, best: bool = False) -> dict[str, list[Form]]:
    """Method to forms, clip by clip; with and without adapting to how bones move, and with parts of the truth given."""
    clips = list(clips)
    rows: dict[str, Method] = {name: method for name, method in methods(interpreter, best=best).items() if name in ("raw BlazePose", "MediaPipe, smoothed", "Posewright", BEST_ROW)}
    rows[f"Posewright, {ALIKE_ROW}"] = ablations()[ALIKE_ROW]
    rows |= {f"Posewright, {name if name.endswith('given') else name + ' given'}": partial(given, **told) for name, told in GIVEN.items()}
    with ProcessPoolExecutor(workers) as pool:
        return {name: list(pool.map(_form, clips, [method] * len(clips))) for name, method in rows.items()}


def _form(clip: Clip, method: Callable[[Clip], JointTrack]) -> Form:
    track, truth = method(clip), load_joints(clip.truth)
    sight = in_sight(clip, truth)
    found = []
    for limb in LIMBS:
        for blow in blows(*striking(track, truth, limb), truth.fps, BLOW_M_S):
            side = ("left", "right")[blow.joint]
            reach = round(AROUND_S * truth.fps)
            seen = sight[f"{side}_{limb}"][max(0, blow.frame - reach) : blow.frame + reach + 1].mean() >= SEEN
            found.append(Strike(clip.name, limb, bool(seen), 100.0 * blow.kept))
    values = {measure.name: measure.value for measure in evaluate(track, truth).measures}
    return Form(tuple(found), {name: values[name] for name in ERRORS})


def in_sight(clip: Clip, truth: JointTrack) -> dict[str, NDArray[np.bool_]]:
    """By striking joint, in which frames (T,) neither it nor the joint before it is behind the person's own body; the body is taken for capsules."""
    places = true_camera(clip).to_camera(truth.take((*LIMBS12, "head")))
    points = np.full((1, len(places), len(POINTS), 3), np.nan)
    for column, joint in enumerate(LIMBS12):
        points[0, :, POINTS.index(joint)] = places[:, column]
    for ear in ("left_ear", "right_ear"):
        points[0, :, POINTS.index(ear)] = places[:, -1]
    behind = hidden(points, np.array([clip.facts["height_m"]]))[0]
    return {f"{side}_{limb}": ~behind[:, [POINTS.index(f"{side}_{limb}"), POINTS.index(f"{side}_{before}")]].any(1) for side in ("left", "right") for limb, before in LIMBS.items()}


def unseen(name: str) -> bool:
    """No constant was chosen with this clip."""
    return not name.startswith(CHOSEN_ON)


def groups(forms: Sequence[Form]) -> dict[str, list[Strike]]:
    """Blows by what the page tells apart."""
    every = [strike for form in forms for strike in form.strikes]
    return {
        "wrists": [strike for strike in every if strike.limb == "wrist"],
        "wrists in sight": [strike for strike in every if strike.limb == "wrist" and strike.in_sight],
        "ankles": [strike for strike in every if strike.limb == "ankle"],
        "ankles in sight": [strike for strike in every if strike.limb == "ankle" and strike.in_sight],
        "clips that chose nothing": [strike for strike in every if unseen(strike.clip)],
        "all": every,
    }


def kept(strikes: Sequence[Strike]) -> tuple[float, float, float]:
    """Mean percentage of peak speed, its mean change without regard to sign, and the percentage of blows within 10 %."""
    values = np.array([strike.kept for strike in strikes])
    if not len(values):
        return (float("nan"),) * 3
    away = np.abs(values - 100.0)
    return float(values.mean()), float(away.mean()), 100.0 * float((away <= 10.0).mean())
