"""`quality_report()`: how good a result is, as figures and as a verdict that a user can act on."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from posewright.study import metrics
from posewright.study.report import Measure, format_value
from posewright.types import Capture, Person, Poses3D
from posewright.view.report.findings import Case, Finding, camera_pitch_deg, find_all
from posewright.view.report.ranges import find_ranges
from posewright.view.report.timeline import SEEN, Timeline, timeline_of

MM = 1000.0
_LIMBS = tuple((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")))


@dataclass(frozen=True)
class JointQuality:
    """How well one joint was seen."""

    name: str
    confidence: float
    """Mean over the frames in which the person was found, 0 to 1."""
    seen: float
    """Share of the clip in which it was seen, 0 to 1."""


@dataclass(frozen=True)
class PersonQuality:
    """One person's result."""

    findings: tuple[Finding, ...]
    """The verdict, the most important first; empty where there is nothing to complain of."""
    measures: tuple[Measure, ...]
    joints: tuple[JointQuality, ...]
    timeline: Timeline

    @property
    def summary(self) -> str:
        """The verdict in a sentence."""
        serious = sum(finding.level == "serious" for finding in self.findings)
        if not self.findings:
            return "Nothing to complain of."
        count = len(self.findings)
        return f"{count} thing{'s' if count > 1 else ''} to look at" + (f", {serious} of them serious." if serious and count > 1 else ".")

    def __getitem__(self, name: str) -> float:
        """The value of the measure called `name`; KeyError where there is none."""
        return {measure.name: measure.value for measure in self.measures}[name]


@dataclass(frozen=True)
class QualityReport:
    """A capture's quality, person by person."""

    source: str
    """File or folder as given by the user."""
    frame_size: tuple[int, int]
    fps: float
    """Of the clip."""
    people: tuple[PersonQuality, ...]
    notes: tuple[str, ...]
    """Assumptions made, as the capture tells them."""

    def to_json(self) -> str:
        """All but the timelines, as JSON; NaN as null."""
        whole = {name: value for name, value in asdict(self).items() if name != "people"}
        whole["people"] = [{"summary": person.summary, **{name: value for name, value in asdict(person).items() if name != "timeline"}} for person in self.people]
        for person, row in zip(self.people, whole["people"], strict=True):
            row["findings"] = [{**finding, "level": found.level} for finding, found in zip(row["findings"], person.findings, strict=True)]
        return json.dumps(_without_nan(whole), indent=1)

    def to_markdown(self) -> str:
        """Verdict, figures and joints, for a README or a ticket."""
        blocks = [f"# Quality of {self.source}"]
        for number, person in enumerate(self.people, start=1):
            if len(self.people) > 1:
                blocks.append(f"## Person {number}")
            blocks.append(person.summary)
            if person.findings:
                blocks.append("\n".join(f"{i}. **{f.level}**: {f.text} {f.advice}" for i, f in enumerate(person.findings, start=1)))
            blocks.append("\n".join(["| measure | value | unit |", "|---|---:|---|", *(f"| {m.name} | {shown(m)} | {m.unit} |" for m in person.measures)]))
            rows = [f"| {joint.name} | {joint.confidence:.2f} | {100 * joint.seen:.0f} % |" for joint in person.joints]
            blocks.append("\n".join(["| joint | mean confidence | frames seen |", "|---|---:|---:|", *rows]))
        if self.notes:
            blocks.append("Assumed and noted:\n\n" + "\n".join(f"- {note}" for note in self.notes))
        return "\n\n".join(blocks) + "\n"


def quality_report(capture: Capture) -> QualityReport:
    """How good a capture is, without any truth to hold it against."""
    people = []
    for person in capture.people:
        line = timeline_of(person)
        case = Case(capture, line)
        people.append(PersonQuality(find_all(case), _measures(capture, person, line), _joints(person), line))
    return QualityReport(capture.source.name, capture.source.frame_size, capture.source.fps, tuple(people), capture.notes)


def shown(measure: Measure) -> str:
    """The value as text: counts whole, other figures to about three digits."""
    return str(measure.value) if isinstance(measure.value, int) else format_value(measure.value)


def _joints(person: Person) -> tuple[JointQuality, ...]:
    confidence, joint_set = person.keypoints.confidence, person.keypoints.joint_set
    found = confidence.max(1) > 0
    seen = confidence >= SEEN
    return tuple(
        JointQuality(name.replace("_", " "), float(confidence[found, i].mean()) if found.any() else 0.0, float(seen[:, i].mean())) for i, name in enumerate(joint_set.joints)
    )


def _measures(capture: Capture, person: Person, line: Timeline) -> tuple[Measure, ...]:
    """The figures. Those of movement leave out frames in which the person is not seen."""
    found = line.seen
    positions = np.where(found[:, None, None], person.motion.joint_positions(), np.nan)
    root = line.root[found]
    return (
        Measure("frames", len(line), ""),
        Measure("frames with the person", int(found.sum()), ""),
        Measure("size of the person", _median(line.size_px[found]), "pixels"),
        Measure("mean confidence", float(person.keypoints.confidence[person.keypoints.confidence.max(1) > 0].mean()) if found.any() else math.nan, ""),
        *_repairs(person, line),
        *_bone_measures(person),
        Measure("foot skate", MM * _skate(line), "mm/frame"),
        Measure("deepest foot below the floor", MM * float(max(0.0, -line.sole_height[found].min())) if found.any() else math.nan, "mm"),
        Measure("acceleration", MM * metrics.mean_acceleration(positions), "mm/frame^2"),
        Measure("jerk", metrics.jitter(positions, line.fps), "m/s^3"),
        Measure("shaking", MM * _median(line.shake[found]), "mm"),
        Measure("distance walked", metrics.distance_walked(root, line.fps), "m"),
        Measure("from start to end", float(np.linalg.norm((root[-1] - root[0])[[0, 2]])) if len(root) else math.nan, "m"),
        Measure("camera looks down by", camera_pitch_deg(capture), "degrees"),
    )


def _repairs(person: Person, line: Timeline) -> tuple[Measure, ...]:
    """What was mended; the first two are unknown where nobody looked."""
    swapped, outliers = (person.diagnostics.swapped, person.diagnostics.outliers) if person.diagnostics else (None, None)
    gaps = sum(last - first + 1 for first, last in find_ranges(~line.seen) if first > 0 and last < len(line) - 1)
    return (
        Measure("frames with left and right put right", math.nan if swapped is None else int(swapped.sum()), ""),
        Measure("keypoints that leapt and were left out", math.nan if outliers is None else int(outliers.sum()), ""),
        Measure("frames filled in between", gaps, ""),
        Measure("frames held at the ends", int((~line.seen).sum()) - gaps, ""),
    )


def _bone_measures(person: Person) -> tuple[Measure, ...]:
    before = math.nan if person.diagnostics is None else bone_spread(person.diagnostics.lifted)
    return (Measure("bone length spread as lifted", 100.0 * before, "%"), Measure("bone length spread of the result", 100.0 * _result_spread(person), "%"))


def bone_spread(poses: Poses3D) -> float:
    """Mean coefficient of variation of the eight limb bones' lengths; NaN where the joint set lacks them."""
    joint_set = poses.joint_set
    limbs = [joint_set.indices(a, b) for a, b in _LIMBS if a in joint_set and b in joint_set]
    return metrics.masked_mean(metrics.bone_length_cv(poses.xyz, limbs)) if limbs else math.nan


def _result_spread(person: Person) -> float:
    """The same of the motion's own limbs: 0 but for rounding, since a skeleton's bones are rigid."""
    joints = person.motion.skeleton.joints
    limbs = [
        (joints.index(side + a), joints.index(side + b))
        for side in ("left", "right")
        for a, b in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
    ]
    return metrics.masked_mean(metrics.bone_length_cv(person.motion.joint_positions(), limbs))


def _skate(line: Timeline) -> float:
    """Mean slide of planted feet, metres a frame; NaN where none stands."""
    standing = line.planted & np.vstack([line.planted[:1] & False, line.planted[:-1]]) & line.seen[:, None]
    return metrics.masked_mean(np.where(standing, line.slide, np.nan)) / line.fps


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else math.nan


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
