"""How good each lifter is, from exact, noisy and detected 2D: writes docs/results/lifters.md.

    python tools/measure_detector.py ...         # rendered people of the test split, with what BlazePose saw of them
    python tools/lifters_report.py --clips DIR --video DIR -o docs/results/lifters.md

`--network NAME=FILE.onnx` adds a row for a network of `videopose3d`'s or `motionbert`'s kind that `posewright train lifter` made.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from lifters.cases import VIEWS, Case, balancing, rendered
from lifters.measure import Figures, Lifter, figures_or_none, lifted, refined
from lifters.page import INTRO, aims, by_view, table
from page_section import replace_section

from posewright.lift import make_lifter
from posewright.lift.motionbert import MotionBERT
from posewright.lift.videopose3d import VideoPose3D
from posewright.models.onnx import OnnxSession
from posewright.skeletons import H36M17


def lifters(networks: list[str]) -> dict[str, Lifter]:
    """Those that need no download, and the networks given."""
    rows: dict[str, Lifter] = {name: make_lifter(name, "blazepose") for name in ("blazepose", "wright", "gan")}
    for given in networks:
        name, _, file = given.partition("=")
        session = OnnxSession(Path(file))
        field = session.input_shapes[0][1]
        rows[name] = MotionBERT(session) if name.startswith("motionbert") else VideoPose3D(session, H36M17, receptive_field=int(name.rpartition("-")[2] or field))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, required=True, help="rendered clips of the test split (measure_detector.py)")
    parser.add_argument("--video", type=Path, help="folder with pose2sim_single/ and pose2sim_results/")
    parser.add_argument("--network", action="append", default=[], metavar="NAME=FILE", help="a further lifter")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth clip")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results/lifters.md"))
    arguments = parser.parse_args()
    rows = lifters(arguments.network)
    found: dict[tuple[str, str], dict[str, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for number, case in enumerate(rendered(arguments.clips)):
        if number // 3 % arguments.every == 0:
            _measure(rows, case, found[("rendered", case.given)])
            count += case.given == "exact"
    for case in balancing(arguments.video, arguments.clips / "cache") if arguments.video else ():
        _measure(rows, case, found[("balancing", case.given)])
    body = [
        INTRO.format(
            count=count,
            command=" ".join(["python tools/lifters_report.py --clips CLIPS --video VIDEO", *(f"--network {name.partition('=')[0]}=FILE" for name in arguments.network)]),
        )
    ]
    body += [aims(found, "wright"), ""]
    for given in ("exact", "noisy", "BlazePose"):
        body += [f"## From {given} 2D", "", table(found[("rendered", given)]), ""]
    if arguments.video:
        for given in ("BlazePose", "OpenPose", "reference"):
            body += [f"## A real man balancing, from {given} 2D", "", by_view(found[("balancing", given)], VIEWS), ""]
    text = "\n".join(body)
    replace_section(arguments.output, "made by tools/lifters_report.py", text)
    print(text)


def _measure(rows: dict[str, Lifter], case: Case, into: dict[str, list[Figures]]) -> None:
    for name, lifter in rows.items():
        if name == "blazepose" and case.track.poses is None:
            continue
        ways = {name: partial(lifted, lifter, case)}
        if name in ("blazepose", "wright"):
            ways[f"{name}, refined"] = partial(refined, lifter, case, wright=False)
        if name == "blazepose":
            ways["blazepose and wright, refined"] = partial(refined, lifter, case, wright=True)
        for label, way in ways.items():
            if (figures := figures_or_none(way)) is not None:
                into[label].append(figures)
    print(case.name, case.given, {name: round(clips[-1]["PA-MPJPE"], 1) for name, clips in into.items()}, flush=True)


if __name__ == "__main__":
    main()
