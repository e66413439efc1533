"""`docs/results/quality.md` from the figures."""

from __future__ import annotations

import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from quality.forms import CHOSEN_ON, ERRORS, Form, groups, kept
from quality.measure import BLOW, COLUMNS, Figures, summary
from quality.methods import ABLATIONS, Clip

POSE2SIM = {
    "PA-MPJPE": "PA-MPJPE, mm",
    "acceleration": "acceleration, mm/frame²",
    "lean": "lean, deg",
    "bone length spread": "bone spread, %",
    "peak speed kept": "peak speed kept, %",
}
DANCE = {
    "acceleration": "acceleration, mm/frame²",
    "jitter": "jitter, m/s³",
    "shaking": "shaking, mm",
    "highest kick": "highest ankle over the hips, % of the leg",
    "bone length spread": "bone spread, %",
    "foot skate": "skate in own contacts, mm/frame",
    "foot float": "float in own contacts, mm",
    "deepest penetration": "deepest foot, mm",
}
OURS, RAW, UNTOLD = "Posewright", "raw BlazePose", "Posewright, nothing given"
ACKNOWLEDGEMENT = "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from NSF EIA-0196217."


@dataclass(frozen=True)
class Results:
    """All that the page tells."""

    clips: Sequence[Clip]
    synthetic: Mapping[str, Mapping[str, Figures]]
    """Method, clip, measure."""
    given: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    """What was given of the truth (see `quality.given`), clip with blows, measure."""
    forms: Mapping[str, Sequence[Form]] = field(default_factory=dict)
    """Method, clip by clip (see `quality.forms`)."""
    balancing: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)
    """Method, view, measure."""
    dance: Mapping[str, Figures] = field(default_factory=dict)
    seconds: Mapping[int, float] = field(default_factory=dict)
    """Frames to seconds of refinement."""


def page(results: Results, command: str) -> str:
    """The whole page."""
    parts = [_head(results, command), _targets(results), _methods(results), _ablations(results), _blows(results)]
    parts += [_losses(results)] if results.given else []
    parts += [_forms(results)] if results.forms else []
    parts += [_balancing(results)] if results.balancing else []
    parts += [_dance(results)] if results.dance else []
    parts += [_speed(results)] if results.seconds else []
    return "\n".join([*parts, _appendix(results)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""])


def number(value: float) -> str:
    """Three digits; a dash where there is nothing to tell."""
    return "–" if not np.isfinite(value) else f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _head(results: Results, command: str) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    rates = sorted({clip.facts["fps"] for clip in results.clips})
    pitches = [clip.facts["pitch_deg"] for clip in results.clips]
    distances = [clip.facts["camera_distance_m"] for clip in results.clips]
    frames = sum(clip.facts["frames"] for clip in results.clips)
    return f"""# Quality of the motion

{len(results.clips)} clips ({frames} frames) of recorded motion, rendered on {len({clip.facts["figure"] for clip in results.clips})} bodies with exact truth:
{min(rates):g} to {max(rates):g} frames a second, cameras pitched from {-min(pitches):g} degrees up to {max(pitches):g} down, {min(distances):.1f} to {max(distances):.1f} m away.

    {command}

Commit {commit} (or the next), {time.strftime("%Y-%m-%d")}, {platform.machine()}, {_cores()} cores, Python {platform.python_version()}.

Measures are those of `posewright evaluate` (definitions in `posewright.study.metrics`): 12 limb joints; MPJPE is root-relative in the world's axes after one turn
about the vertical for the clip; skate, contact and penetration are of sole points, skate per frame at 30 a second within the truth's contacts; the root's error is the mean
over the path, of the distance walked, started together. Raw BlazePose and MediaPipe give no path through space, and their camera is taken as level. `Posewright` is told
the camera's angle of view and the person's stature, `nothing given` is not, `calibrated camera` also how the camera stands; `performance mode` is told what `Posewright` is,
and runs the larger BlazePose (heavy).
Blows: ankles in kicks and wrists in punches that exceed 3 m/s.
"""


def _cores() -> int:
    import os

    return os.cpu_count() or 1


def _targets(results: Results) -> str:
    ours, raw = summary(results.synthetic[OURS]), summary(results.synthetic[RAW])
    blows, each = (_mean_of(results.synthetic[OURS], name) for name in ("blow changed", "each blow changed"))
    rows = [
        ["MPJPE below raw BlazePose", "at least 30 %", f"{100 * (1 - ours['MPJPE'] / raw['MPJPE']):.0f} %", ours["MPJPE"] <= 0.7 * raw["MPJPE"]],
        ["lean, mean", "at most 3 deg", f"{ours['lean']:.1f} deg (raw {raw['lean']:.1f})", ours["lean"] <= 3.0],
        ["root error, angle of view and height given", "at most 10 % of distance", f"{ours['root error share']:.1f} %", ours["root error share"] <= 10.0],
        ["skate in true contact at 30 a second", "at most 3 mm/frame", f"{ours['foot skate']:.1f} mm/frame", ours["foot skate"] <= 3.0],
        ["deepest foot in any clip", "at most 20 mm", f"{ours['deepest penetration']:.0f} mm", ours["deepest penetration"] <= 20.0],
        ["peak speed of blows, mean change", "at most 10 %", f"{blows:.0f} % ({ours['peak speed kept']:.0f} % kept)", blows <= 10.0],
        ["the same, every blow by itself", "at most 10 %", f"{each:.0f} %", each <= 10.0],
    ]
    if results.forms:
        share, change, _ = kept(groups(results.forms[OURS])["all"])
        rows.append(["the same on karate forms", "at most 10 %", f"{change:.0f} % ({share:.0f} % kept)", change <= 10.0])
    if results.balancing:
        views = results.balancing[OURS].values()
        error, acceleration = (float(np.mean([view[name] for view in views])) for name in ("PA-MPJPE", "acceleration"))
        rows.append(["PA-MPJPE, mean of the four real views", "at most 85 mm", f"{error:.1f} mm", error <= 85.0])
        rows.append(["acceleration there", "at most 5 mm/frame²", f"{acceleration:.1f} mm/frame²", acceleration <= 5.0])
    return "## Aims\n\n" + table(["what", "aim", "measured", "reached"], [[*(str(cell) for cell in row[:3]), "yes" if row[3] else "no"] for row in rows])


def _mean_of(by_clip: Mapping[str, Figures], measure: str) -> float:
    """Mean over the clips that have it."""
    return float(np.nanmean([figures.get(measure, float("nan")) for figures in by_clip.values()]))


def _methods(results: Results) -> str:
    rows = [[name, *(number(value) for value in summary(by_clip).values())] for name, by_clip in results.synthetic.items() if name not in ABLATIONS]
    return "## Rendered clips: mean over clips (deepest foot: the worst)\n\n" + table(["method", *COLUMNS.values()], rows)


def _ablations(results: Results) -> str:
    rows = [[name, *(number(value) for value in summary(by_clip).values())] for name, by_clip in results.synthetic.items() if name in ABLATIONS or name == OURS]
    return "## Each part off in turn\n\n" + table(["Posewright with", *COLUMNS.values()], [["everything on", *rows[0][1:]], *rows[1:]]) if len(rows) > 1 else ""


def _blows(results: Results) -> str:
    """What is left of each blow, method by method."""
    methods = [name for name in results.synthetic if name not in ABLATIONS]
    ours = results.synthetic[OURS]
    rows = [
        [clip, measure.removeprefix(BLOW), *(number(results.synthetic[name][clip].get(measure, float("nan"))) for name in methods)]
        for clip, figures in ours.items()
        for measure in figures
        if measure.startswith(BLOW)
    ]
    for limb in ("wrist", "ankle"):
        kept_by = {name: [value for row in results.synthetic[name].values() for measure, value in row.items() if measure.startswith(BLOW) and limb in measure] for name in methods}
        for what, mean in (("mean kept", np.mean), ("mean change", lambda values: np.mean(np.abs(np.subtract(values, 100.0))))):
            if all(kept_by.values()):
                rows.append([f"**{limb}s, {what}**", f"of {len(kept_by[OURS])}", *(number(float(mean(values))) for values in kept_by.values())])
    text = "Peak speed kept, %. A blow is a peak of a wrist's or ankle's true speed against the hips above 3 m/s, the greatest within 0.3 s.\n\n"
    return "## Blow by blow\n\n" + text + table(["clip", "blow", *methods], rows) if rows else ""


def _losses(results: Results) -> str:
    """Peak speed kept where a part of the truth is given, blow by blow and as means."""
    columns = {"from the video": results.synthetic[OURS], **results.given}
    clips = next(iter(results.given.values()))
    measures = [(clip, measure) for clip, figures in clips.items() for measure in figures if measure.startswith(BLOW)]
    rows = [[clip, measure.removeprefix(BLOW), *(number(by_clip[clip][measure]) for by_clip in columns.values())] for clip, measure in measures]
    for name, measure in (("mean change, clip by clip", "blow changed"), ("mean change, blow by blow", "each blow changed")):
        rows.append([f"**{name}**", "", *(number(_mean_of({clip: by_clip[clip] for clip in clips}, measure)) for by_clip in columns.values())])
    near = [sum(abs(by_clip[clip][measure] - 100.0) <= 10.0 for clip, measure in measures) for by_clip in columns.values()]
    rows.append([f"**blows within 10 %, of {len(measures)}**", "", *(str(count) for count in near)])
    text = """Peak speed kept, %, where limbs' keypoints are the true joints' images, where the lifter gives the true joints (and no second one is asked), and where both are so:
what the last column lacks of 100 is lost, or added, by mending, refinement and solving; the rest by BlazePose's keypoints and by the lifters' depth.

"""
    return "## Where the speed of blows is lost\n\n" + text + table(["clip", "blow", *columns], rows)


def _forms(results: Results) -> str:
    """Blows that nobody picked, by limb and by whether they are seen."""
    found = {name: groups(forms) for name, forms in results.forms.items()}
    counts = ", ".join(f"{len(strikes)} {group}" for group, strikes in found[OURS].items())
    rows = [[name, *(" / ".join(number(value) for value in kept(strikes)) for strikes in by_group.values())] for name, by_group in found.items()]
    errors = [[name, *(number(float(np.nanmean([form.errors[error] for form in forms]))) for error in ERRORS)] for name, forms in results.forms.items()]
    text = f"""{len(results.forms[OURS])} clips of six seconds of karate forms, as they come: seen from any side, so that many a fist is behind the trunk when it strikes.
Peak speed of every blow, %: mean kept / mean change without regard to sign / blows within 10 %. Blows: {counts}.
In sight: wrist and elbow, or ankle and knee, are not behind the person's own body. Constants of the refinement were chosen with the clips {", ".join(CHOSEN_ON)};
the others chose nothing.

"""
    return "## Blows in karate forms\n\n" + text + table(["method", *found[OURS]], rows) + "\n" + table(["method", *ERRORS.values()], errors)


def _balancing(results: Results) -> str:
    rows = []
    for name, by_view in results.balancing.items():
        views = [by_view[view]["PA-MPJPE"] for view in by_view]
        means = [float(np.nanmean([figures[measure] for figures in by_view.values()])) for measure in POSE2SIM]
        rows.append([name, *(number(value) for value in [*views, *means])])
    views = list(next(iter(results.balancing.values())))
    kept = ", ".join(f"{figures['peak speed kept']:.0f}" for figures in results.balancing[OURS].values())
    text = f"""The reference is markerless triangulation, good to 2-4 cm; it accelerates by 2.4 mm/frame² at 60 frames a second. Nothing is given.
Peak speed is that of wrists and ankles above 1.5 m/s, of no punch or kick: {kept} % by view for Posewright.

"""
    return (
        "## A real man balancing, four views (Pose2Sim)\n\n"
        + text
        + table(["method", *(f"PA-MPJPE {view}" for view in views), *(f"mean {name}" for name in POSE2SIM.values())], rows)
    )


def _dance(results: Results) -> str:
    rows = [[name, *(number(figures[measure]) for measure in DANCE)] for name, figures in results.dance.items()]
    text = """Neither is truth; all at our frame rate. In the video the right foot swings up to the hips and above, again and again.
Shaking: what of the joints' movement is faster than 8 times a second. Jitter: with the sharp moves of the dance, which shaking alone is not.

"""
    return "## A real dance, beside another tool's result\n\n" + text + table(["result", *DANCE.values()], rows)


def _speed(results: Results) -> str:
    rows = [[f"{frames}", f"{seconds:.2f}", f"{1000 * seconds / frames:.2f}", f"{frames / seconds:.0f}"] for frames, seconds in results.seconds.items()]
    return "## Seconds of refinement, one person\n\n" + table(["frames", "seconds", "seconds per 1,000 frames", "frames a second"], rows)


def _appendix(results: Results) -> str:
    lines = ["## Clip by clip", ""]
    facts = ("figure", "fps", "pitch_deg", "roll_deg", "fov_deg", "camera_distance_m")
    lines.append(
        table(
            ["clip", "recording", "body", "frames/s", "pitch", "roll", "angle of view", "metres away"],
            [[clip.name, clip.facts["source"].replace("|", "/"), *(str(clip.facts[fact]) for fact in facts)] for clip in results.clips],
        )
    )
    for name in (RAW, OURS, UNTOLD):
        rows = [[clip.name, *(number(results.synthetic[name][clip.name].get(column, float("nan"))) for column in COLUMNS)] for clip in results.clips]
        lines += [f"### {name}", "", table(["clip", *COLUMNS.values()], rows)]
    return "\n".join([*lines, ACKNOWLEDGEMENT, ""])
