"""The verdict: what is wrong with a result, where, and what to do, in words that the person who filmed it can use."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from posewright.geometry import Array
from posewright.study.metrics import LEAST_WALK_M
from posewright.types import Capture
from posewright.view.report.parts import EDGES, INSIDE, PARTS, Subject, both, one
from posewright.view.report.ranges import Range, find_ranges, in_words, mask_of
from posewright.view.report.timeline import SEEN, Timeline

MOST_FINDINGS = 10
"""A longer list is not read."""
JOIN_S = 0.25
"""Stretches closer than this are one to the eye."""
HIDDEN_S = 0.2
"""A part hidden more briefly is filled in well from both sides."""
BRIEF_S = 0.1
"""A fault of the feet shorter than this is not seen."""
MISSING_SHARE = 0.02
"""Share of the clip without the person from which it is worth a word."""
SMALL_PX = 128
"""The networks see a person 200 to 256 pixels tall; of one half that size every other pixel they see is made up."""
SLIDE_M_S = 0.09
"""A planted foot that slides by 3 mm a frame at 30 frames a second, the most that this project allows itself."""
DEPTH_M = 0.02
"""A foot this deep below the floor shows, and is the most that this project allows itself."""
HANG_M = 0.10
HANG_S = 1.2
"""No jump lasts longer than this: 1.2 s of flight is 1.8 m up."""
SHAKE_M = 0.003
"""Recorded motion (CMU, 19 clips) reaches 2.7 mm, 2.4 in nine of ten; white noise of 5 mm an axis gives 5."""
SNAP_RAD_S = math.radians(2500.0)
"""Elbows and knees reach this in the fastest throws and kicks; more is a flip."""
LEAP_M_S = 12.4
"""The fastest sprinter's speed: hips that are faster were not carried there."""
SLOW_FPS = 20.0
"""Below this a punch, 0.1 to 0.2 s long, falls between two or three frames."""
STEEP_DEG = 30.0
"""A camera tilted by more sees the body foreshortened, and depth is what a single camera knows least."""
SERIOUS, NOTICEABLE = 0.3, 0.1
"""Severity from which a finding is called so."""


@dataclass(frozen=True)
class Finding:
    """One thing to know, with the frames it is about."""

    kind: str
    """A word for programs: a key of `CHECKS`."""
    text: str
    advice: str
    severity: float
    """0 to 1: how much of the result it spoils, and how visibly."""
    ranges: tuple[Range, ...] = ()
    """Frames of the motion, first and last, counted from 0; none when it is about the clip as a whole."""

    @property
    def level(self) -> str:
        """`serious`, `noticeable` or `slight`."""
        return "serious" if self.severity >= SERIOUS else "noticeable" if self.severity >= NOTICEABLE else "slight"


@dataclass(frozen=True)
class Case:
    """All that a check may look at."""

    capture: Capture
    line: Timeline

    def lasting(self, mask: Array) -> Array:
        """`mask` (T, P) without flicker: what holds for most of the frames within JOIN_S."""
        return np.asarray(median_filter(mask, (2 * round(0.5 * JOIN_S * self.line.fps) + 1, 1), mode="nearest"))

    def ranges(self, mask: Array, least_s: float) -> tuple[Range, ...]:
        return find_ranges(mask, round(JOIN_S * self.line.fps), max(1, round(least_s * self.line.fps)))

    def where(self, ranges: Iterable[Range]) -> str:
        return in_words(tuple(ranges), self.line.times)

    def share(self, ranges: Iterable[Range]) -> float:
        return float(mask_of(tuple(ranges), len(self.line)).mean())


def find_all(case: Case) -> tuple[Finding, ...]:
    """What there is to say of one person, the most important first, MOST_FINDINGS at most."""
    found = [finding for check in CHECKS.values() for finding in check(case)]
    return tuple(sorted(found, key=lambda f: -f.severity)[:MOST_FINDINGS])


def _missing(case: Case) -> list[Finding]:
    line, count = case.line, int(case.line.seen.sum())
    ranges = find_ranges(~line.seen)
    share = case.share(ranges)
    if share < MISSING_SHARE:
        return []
    text = f"Only {count} of {len(line)} frames show the person: nobody is seen {case.where(ranges)}. The pose there is held, or filled in from both sides."
    return [Finding("missing", text, "Cut the clip to where the person is seen (--start, --end or --trim).", min(1.0, 0.1 + share), ranges)]


def _outside(case: Case) -> list[Finding]:
    outside = case.lasting((case.line.place != INSIDE) & case.line.seen[:, None])
    found = []
    for subject, ranges, weight, columns in _by_part(case, outside, BRIEF_S):
        within = mask_of(ranges, len(case.line))
        edges = np.bincount(case.line.place[within][:, columns].ravel(), minlength=len(EDGES))
        edges[INSIDE] = 0
        edge = EDGES[int(edges.argmax())]
        text = f"{subject.text} {'leave' if subject.plural else 'leaves'} the picture at its {edge} edge {case.where(ranges)}: {subject.its_their} motion there is a guess."
        found.append(Finding("outside", text, "Film with more room around the person.", _severity(weight, case.share(ranges)), ranges))
    return found


def _hidden(case: Case) -> list[Finding]:
    line = case.line
    hidden = case.lasting((line.confidence < SEEN) & (line.place == INSIDE) & line.seen[:, None])
    found = []
    for subject, ranges, weight, columns in _by_part(case, hidden, HIDDEN_S):
        face = PARTS[columns[0]].name == "head"
        what = "The face is not seen" if face else f"{subject.text} {subject.is_are} hidden"
        guess = "how the head turns there is a guess" if face else f"{subject.its_their} motion there is a guess"
        advice = (
            "Film from a side from which the camera sees it, or correct these frames by hand." if not subject.plural else "Film from where the camera sees them, in even light."
        )
        found.append(Finding("hidden", f"{what} {case.where(ranges)}: {guess}.", advice, _severity(weight, case.share(ranges)), ranges))
    return found


def _swapped(case: Case) -> list[Finding]:
    count = int(case.line.swapped.sum())
    if not count:
        return []
    ranges = case.ranges(case.line.swapped, 0.0)
    text = f"Left and right were mixed up, and put right, {case.where(ranges)}, {count} frame{'s' if count > 1 else ''} in all: is the person seen from behind or from the side?"
    return [Finding("swapped", text, "Look there whether arms and legs are on their own side.", _severity(0.4, case.share(ranges)), ranges)]


def _slides(case: Case) -> list[Finding]:
    line = case.line
    advice = "A wrong angle of view makes feet slide: give --fov." if case.capture.camera.assumed else "Film from a tripod, with the feet in view."
    found = []
    for subject, ranges, columns in _by_foot(case, line.slide > SLIDE_M_S):
        rate = line.slide[mask_of(ranges, len(line))][:, columns]
        step = 1000.0 * float(rate[rate > SLIDE_M_S].mean()) / line.fps
        text = f"{subject.text} {subject.verb('slide')} {step:.0f} mm a frame while {'they stand' if subject.plural else 'it stands'} {case.where(ranges)}."
        found.append(Finding("slide", text, advice, _severity(0.6, case.share(ranges)), ranges))
    return found


def _sinks(case: Case) -> list[Finding]:
    found = []
    for subject, ranges, columns in _by_foot(case, case.line.sole_height < -DEPTH_M):
        deepest = -100.0 * float(case.line.sole_height[mask_of(ranges, len(case.line))][:, columns].min())
        text = f"{subject.text} {'go' if subject.plural else 'goes'} up to {deepest:.0f} cm below the floor {case.where(ranges)}."
        found.append(Finding("sink", text, "A floor that is not level, or stairs, are not known to the program.", _severity(0.6, case.share(ranges)), ranges))
    return found


def _hangs(case: Case) -> list[Finding]:
    lowest = case.line.sole_height.min(1)
    ranges = find_ranges((lowest > HANG_M) & case.line.seen, 0, max(1, round(HANG_S * case.line.fps)))
    if not ranges:
        return []
    height = 100.0 * float(np.median(lowest[mask_of(ranges, len(case.line))]))
    text = f"Both feet are {height:.0f} cm above the floor {case.where(ranges)}, longer than a jump lasts: wrong, unless the person sits, lies or climbs."
    return [Finding("hang", text, "Give --fov and --height, and film with the feet in view.", _severity(0.5, case.share(ranges)), ranges)]


def _shakes(case: Case) -> list[Finding]:
    with np.errstate(invalid="ignore"):
        ranges = case.ranges((case.line.shake > SHAKE_M) & case.line.seen, HIDDEN_S)
    if not ranges:
        return []
    most = 1000.0 * float(np.nanmax(case.line.shake[mask_of(ranges, len(case.line))]))
    text = f"The body shakes by {most:.0f} mm {case.where(ranges)}."
    return [Finding("shake", text, "More light and a sharper picture help; so does the whole-clip refinement, if it was turned off.", _severity(0.7, case.share(ranges)), ranges)]


def _snaps(case: Case) -> list[Finding]:
    snapping = (case.line.turn > SNAP_RAD_S) & case.line.seen[:, None]
    found = []
    for subject, ranges, weight, columns in _by_part(case, snapping, 0.0):
        most = math.degrees(float(case.line.turn[mask_of(ranges, len(case.line))][:, columns].max())) / case.line.fps
        text = f"{subject.text} {subject.verb('snap')} round by {most:.0f} degrees from one frame to the next {case.where(ranges)}."
        found.append(Finding("snap", text, "Correct these frames by hand.", weight * min(1.0, 0.3 + case.share(ranges)), ranges))
    return found


def _leaps(case: Case) -> list[Finding]:
    speed = np.r_[0.0, np.linalg.norm(np.diff(case.line.root, axis=0), axis=-1) * case.line.fps]
    leaping = (speed > LEAP_M_S) & case.line.seen
    ranges = case.ranges(leaping, 0.0)
    if not ranges:
        return []
    text = f"The body leaps {speed[leaping].max() / case.line.fps:.1f} m from one frame to the next {case.where(ranges)}."
    return [Finding("leap", text, "Is there a cut in the clip, or another person? Animate the parts by themselves (--start, --end).", min(1.0, 0.5 + case.share(ranges)), ranges)]


def _small(case: Case) -> list[Finding]:
    size = float(np.median(case.line.size_px[case.line.seen])) if case.line.seen.any() else math.inf
    if size >= SMALL_PX:
        return []
    return [Finding("small", f"The person is small in the picture ({size:.0f} pixels): hands, feet and face are hardly told apart.", "Film closer, or with more pixels.", 0.5)]


def _slow(case: Case) -> list[Finding]:
    fps = case.capture.source.fps
    moving = case.capture.source.kind != "image" and len(case.line) > 1
    return [Finding("slow", f"The clip has {fps:.0f} frames a second: fast moves fall between them.", "Film with 30 or 60.", 0.4)] if moving and fps < SLOW_FPS else []


def _steep(case: Case) -> list[Finding]:
    down = camera_pitch_deg(case.capture)
    if abs(down) < STEEP_DEG:
        return []
    way = "down" if down > 0 else "up"
    return [Finding("steep", f"The camera looks {abs(down):.0f} degrees {way}: how far limbs reach towards it is less sure.", "Film from the height of the hips.", 0.25)]


def _guessed(case: Case) -> list[Finding]:
    path = case.line.root[case.line.seen][:, [0, 2]]
    away = float(np.linalg.norm(path - path[0], axis=-1).max()) if len(path) else 0.0
    if not case.capture.camera.assumed or away < LEAST_WALK_M:
        return []
    text = f"The person gets {away:.1f} m away from where they began, but the camera's angle of view is not known: distances and directions over the floor may be off."
    return [Finding("guessed", text, "Give it with --fov.", 0.15)]


def _moved(case: Case) -> list[Finding]:
    times = case.line.times
    moving = np.any([(times >= start) & (times <= end) for start, end in case.capture.camera_moves] or [np.zeros(len(times), dtype=bool)], axis=0)
    ranges = case.ranges(moving, 0.0)
    if not ranges:
        return []
    text = f"The camera moves {case.where(ranges)}: the person's path and feet are wrong there, for the camera is taken to stand still."
    return [Finding("moved", text, "Film from a tripod, or cut the clip to where the camera rests (--start, --end).", _severity(0.9, case.share(ranges)), ranges)]


CHECKS: dict[str, Callable[[Case], list[Finding]]] = {
    "missing": _missing, "outside": _outside, "hidden": _hidden, "swapped": _swapped, "slide": _slides, "sink": _sinks, "hang": _hangs,
    "shake": _shakes, "snap": _snaps, "leap": _leaps, "small": _small, "slow": _slow, "steep": _steep, "guessed": _guessed, "moved": _moved,
}  # fmt: skip
"""Every check by the kind of its findings."""


def camera_pitch_deg(capture: Capture) -> float:
    """Degrees by which the camera looks down, or up if negative."""
    return math.degrees(math.asin(float(np.clip(-capture.camera.T_world_camera[1, 2], -1.0, 1.0))))


def _severity(weight: float, share: float) -> float:
    """Of something that spoils a share of the frames: even a short one is seen."""
    return weight * min(1.0, 0.1 + share)


def _by_part(case: Case, mask: Array, least_s: float) -> list[tuple[Subject, tuple[Range, ...], float, list[int]]]:
    """Parts for which `mask` (T, P) holds long enough, without what goes without saying of their neighbours.

    Returns:
        Subject of the sentence, frames, weight and columns of PARTS.
    """
    names = [part.name for part in PARTS]
    masks: dict[str, Array] = {}
    for p, part in enumerate(PARTS):
        own = mask[:, p] & ~masks[part.covered_by] if part.covered_by else mask[:, p]
        covered = masks.get(part.covered_by, np.zeros(len(mask), dtype=bool))
        masks[part.name] = mask_of(case.ranges(own, least_s), len(mask)) | covered
    plain = {part.name: masks[part.name] & ~masks[part.covered_by] if part.covered_by else masks[part.name] for part in PARTS}
    result = []
    for p, part in enumerate(PARTS):
        if part.name.startswith("right "):
            continue
        other = part.name.replace("left ", "right ")
        groups = [(one(part.name), plain[part.name], [p])]
        if other != part.name:
            groups = _paired(part.name, other, plain[part.name], plain[other], (p, names.index(other)))
        for subject, own, columns in groups:
            if ranges := case.ranges(own, least_s):
                result.append((subject, ranges, part.weight, columns))
    return result


def _by_foot(case: Case, mask: Array) -> list[tuple[Subject, tuple[Range, ...], list[int]]]:
    """Feet for which `mask` (T, 2) holds long enough: subject, frames and columns."""
    masks = [mask_of(case.ranges(mask[:, side] & case.line.seen, BRIEF_S), len(mask)) for side in (0, 1)]
    groups = _paired("left foot", "right foot", masks[0], masks[1], (0, 1))
    return [(subject, case.ranges(own, BRIEF_S), columns) for subject, own, columns in groups if own.any()]


def _paired(left: str, right: str, mask_left: Array, mask_right: Array, columns: tuple[int, int]) -> list[tuple[Subject, Array, list[int]]]:
    """Left and right in one sentence where they mostly go together, else by themselves."""
    together, either = mask_left & mask_right, mask_left | mask_right
    if either.any() and together.sum() >= 0.5 * either.sum():
        return [(both(left), either, list(columns))]
    return [(one(left), mask_left, [columns[0]]), (one(right), mask_right, [columns[1]])]
