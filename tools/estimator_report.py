"""How well networks trained by `posewright train estimator` find people: the tables and the picture of docs/results/estimators.md.

Each network runs as a user runs it, from its .onnx file: on the held-out renders of its training, and through
`posewright pose` on held-out clips of `make_study_clips.py` and on a real clip beside the keypoints that OpenPose gave there.

    python tools/estimator_report.py --data RUN/data --network hrnet=RUN/hrnet-small.onnx --clips WORK/clips --video CLIP.mp4 --openpose FILE.npz --picture PICTURE.png
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.estimate.heatmap import HeatmapNetwork
from posewright.media import Frame
from posewright.models.onnx import OnnxSession
from posewright.nets.table import BGR_IMAGENET, RGB
from posewright.skeletons import COCO17
from posewright.train.estimator.augment import box_round
from posewright.train.estimator.crops import Crops, rendered
from posewright.train.estimator.pck import box_side, pck, torso
from posewright.train.estimator.run import HELD_OUT_SEED

PIXELS = {"hrnet": RGB, "simplebaseline": BGR_IMAGENET}
CLIPS = ("walk_away", "balance", "kick_round", "duck_under")
"""Study clips of recordings (CMU test and validation) and bodies (carla, frank) that are held out."""
BONES = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
SURE = 0.3
"""Confidence above which OpenPose's keypoint counts as known."""
TILES = (6, 3)
"""Pictures across and down for each network."""

Points = NDArray[np.float64]


def held_out_crops(data: Path, count: int, seed: int) -> Crops:
    """The held-out people that a training rendered."""

    def missing() -> None:
        raise SystemExit(f"{data / 'held_out'} does not hold {count} people of seed {seed + HELD_OUT_SEED}")

    return rendered(data / "held_out", missing, count, seed + HELD_OUT_SEED)  # type: ignore[arg-type]


def on_crops(family: str, file: Path, crops: Crops) -> Points:
    """Keypoints (N, 17, 2) that a network finds in boxes round the true ones."""
    network = HeatmapNetwork(OnnxSession(file, threads=1), PIXELS[family])
    found = []
    for i in range(len(crops)):
        frame = Frame.from_rgb(crops.picture(i), index=i, timestamp=0.0)
        ((xy, _, _),) = network(frame, [box_round(crops.points[i])])
        found.append(xy)
    return np.stack(found).astype(np.float64)


def by_command(video: Path, estimator: str, lifter: str | None) -> tuple[Points, Points]:
    """Keypoints (T, 17, 2) of the first person and timestamps (T,) that `posewright pose` writes; NaN for keypoints it does not trust at all."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "pose.npz"
        more = ["--lifter", lifter] if lifter else []
        subprocess.run([sys.executable, "-m", "posewright", "pose", str(video), "-o", str(out), "--estimator", estimator, *more, "-q"], check=True)
        with np.load(out) as data:
            names = data["people.0.keypoints.joints"].tolist()
            columns = [names.index(name) for name in COCO17.joints]
            return data["people.0.keypoints.xy"][:, columns].astype(np.float64), data["people.0.keypoints.timestamps"]


def at_times(points: Points, have: Points, want: Points) -> Points:
    """The rows of `points` at the times `have` that are nearest to `want`; NaN where none is within half a frame."""
    step = float(np.median(np.diff(want)))
    nearest = np.abs(have[None] - want[:, None]).argmin(1)
    return np.where((np.abs(have[nearest] - want) < step / 2)[:, None, None], points[nearest], np.nan)


def clip_truth(path: Path) -> tuple[Points, Points]:
    """Limb keypoints of a study clip in the order of COCO (T, 17, 2), NaN for the face, and timestamps (T,)."""
    with np.load(path) as data:
        names, xy = data["people.0.keypoints.joints"].tolist(), data["people.0.keypoints.xy"].astype(np.float64)
        times = data["people.0.keypoints.timestamps"]
    truth = np.full((len(xy), 17, 2), np.nan)
    for i, joint in enumerate(COCO17.joints):
        side, _, part = joint.partition("_")
        if part in BONES:
            truth[:, i] = xy[:, names.index(side + BONES[part])]
    return truth, times


def openpose(path: Path, view: int) -> Points:
    """OpenPose's keypoints (T, 17, 2) of the surest person; BODY_25B begins with COCO's 17."""
    with np.load(path) as data:
        people = data["kp"][view, :, :, :17]
    best = np.nanmean(np.nan_to_num(people[..., 2]), axis=-1).argmax(1)
    points = people[np.arange(len(people)), best].astype(np.float64)
    return np.where(points[..., 2:] > SURE, points[..., :2], np.nan)


def figures(pred: Points, truth: Points) -> tuple[float, float, float]:
    """PCK@0.1 of the box over all keypoints, over the twelve of the limbs, and PCK@0.2 of the torso over all."""
    seen = np.isfinite(truth).any((1, 2))
    pred, truth = pred[seen], truth[seen]
    size = box_side(truth)
    length = torso(truth, COCO17.index("left_shoulder"), COCO17.index("right_hip"))
    known = np.isfinite(length)
    box = pck(pred, truth, size)
    return float(np.nanmean(box)), float(np.nanmean(box[5:])), float(np.nanmean(pck(pred[known], truth[known], length[known], 0.2)))


def row(name: str, where: str, pred: Points, truth: Points) -> str:
    whole, limbs, body = figures(pred, truth)
    face = np.isfinite(truth[:, :5]).any()
    line = f"| {name} | {where} | {len(truth)} | {f'{whole:.3f}' if face else '-'} | {limbs:.3f} | {body:.3f} |"
    print(line, flush=True)
    return line


def by_joint(name: str, pred: Points, truth: Points) -> str:
    """PCK@0.1 of each kind of keypoint."""
    shares = dict(zip(COCO17.joints, pck(pred, truth, box_side(truth)), strict=True))
    kinds = {"nose": [shares["nose"]]} | {part: [shares[f"{side}_{part}"] for side in ("left", "right")] for part in ("eye", "ear", *BONES)}
    return f"| {name} | " + " | ".join(f"{np.mean(values):.2f}" for values in kinds.values()) + " |"


def picture(crops: Crops, found: Sequence[Points], path: Path) -> None:
    """What each network found in the first pictures of different people, one network above the other."""
    across, down = TILES
    step = max(1, len(crops) // (across * down))
    sheets = []
    for points in found:
        tiles = [drawn(crops.picture(i * step), points[i * step]) for i in range(across * down)]
        sheets.append(np.vstack([np.hstack(tiles[r * across : (r + 1) * across]) for r in range(down)]))
    gap = np.full((8, sheets[0].shape[1], 3), 255, np.uint8)
    whole = sheets[0]
    for sheet in sheets[1:]:
        whole = np.vstack([whole, gap, sheet])
    small = cv2.resize(whole, None, fx=0.66, fy=0.66, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), palette(small)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


def palette(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Fewer shades, so that the file is small."""
    return np.minimum(image // 12 * 12.0 + 6.0, 255.0).astype(np.uint8)


def drawn(image: NDArray[np.uint8], points: Points) -> NDArray[np.uint8]:
    """A picture with the skeleton over it, left green, right orange."""
    canvas = cv2.resize(image, None, fx=2, fy=2)
    for a, b in COCO17.edges:
        colour = (60, 220, 60) if "left" in a + b and "right" not in a + b else (255, 140, 0) if "right" in a + b and "left" not in a + b else (90, 170, 255)
        ends = [tuple(int(2 * value) for value in points[COCO17.index(name)]) for name in (a, b)]
        cv2.line(canvas, ends[0], ends[1], colour, 3, cv2.LINE_AA)
    return cv2.resize(canvas, image.shape[1::-1], interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", required=True, metavar="FAMILY=FILE.onnx", help="hrnet or simplebaseline, and the converted file; may be given twice")
    parser.add_argument("--data", type=Path, required=True, help="the rendered people of the training")
    parser.add_argument("--crops", type=int, default=480)
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--clips", type=Path, help="folder of study clips with their truth")
    parser.add_argument("--only", nargs="*", default=CLIPS, help="names of clips")
    parser.add_argument("--video", type=Path, help="a real clip")
    parser.add_argument("--openpose", type=Path, help="OpenPose's keypoints of it: kp (views, T, people, 25, 3)")
    parser.add_argument("--view", type=int, default=0)
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="real clips on which BlazePose's keypoints are the reference")
    parser.add_argument("--fps", type=float, default=60.0, help="of the real clip")
    parser.add_argument("--lifter", help="lifter whose file is at hand; the command lifts too, which changes no keypoint")
    parser.add_argument("--blazepose", action="store_true", help="let BlazePose look at the clips too")
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    crops = held_out_crops(arguments.data, arguments.crops, arguments.seed)
    networks = dict(text.split("=", 1) for text in arguments.network)
    found, joints = [], []
    print("| network | on | pictures | PCK@0.1 box | limbs | PCK@0.2 torso |\n|---|---|---|---|---|---|")
    for family, file in networks.items():
        found.append(on_crops(family, Path(file), crops))
        truth = crops.points.astype(np.float64)
        row(family, "held-out renders", found[-1], truth)
        joints.append(by_joint(family, found[-1], truth))
    estimators = {family: (f"{family}:{file}", arguments.lifter) for family, file in networks.items()} | ({"blazepose": ("blazepose", None)} if arguments.blazepose else {})
    for family, (estimator, lifter) in estimators.items():
        for clip in arguments.only if arguments.clips else ():
            truth, times = clip_truth(arguments.clips / f"{clip}.npz")
            points, have = by_command(arguments.clips / f"{clip}.mp4", estimator, lifter)
            row(family, clip, at_times(points, have, times), truth)
        if arguments.video:
            truth = openpose(arguments.openpose, arguments.view)
            points, have = by_command(arguments.video, estimator, lifter)
            times = np.arange(len(truth)) / arguments.fps
            row(family, arguments.video.name, at_times(points, have, times), truth)
    for clip in arguments.beside:
        truth, times = by_command(clip, "blazepose", None)
        for family, (estimator, lifter) in estimators.items():
            if family != "blazepose":
                points, have = by_command(clip, estimator, lifter)
                row(family, f"{clip.name}, against BlazePose", at_times(points, have, times), truth)
    print("\n| network | nose | eyes | ears | " + " | ".join(f"{part}s" for part in BONES) + " |\n|---" + "|---" * 9 + "|\n" + "\n".join(joints))
    if arguments.picture:
        picture(crops, found, arguments.picture)


if __name__ == "__main__":
    main()
