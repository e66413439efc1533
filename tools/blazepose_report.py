"""How near our BlazePose is to MediaPipe's own: writes docs/results/blazepose.md.

The reference is what `mediapipe==0.10.21`, `Pose(model_complexity=1, smooth_landmarks=False)`, gave on every frame of some
clips: an `.npz` a clip with `landmarks_px` (T, 33, 3), NaN where nobody was found. It is not part of the repository.

    python tools/blazepose_report.py --golden DIR --videos DIR -o docs/results/blazepose.md
"""

from __future__ import annotations

import argparse
import platform
import subprocess
from pathlib import Path

import numpy as np

from posewright.estimate import make_estimator
from posewright.files import atomic_path
from posewright.media import open_source


def compare(golden: Path, video: Path) -> tuple[int, int, float, float, float]:
    """Frames in which MediaPipe found somebody, frames of these that we lost, and the median, mean and 95th percentile of the distance, % of height."""
    with np.load(golden) as data:
        reference = data["landmarks_px"][..., :2]
    with open_source(video) as frames:
        results = list(make_estimator("blazepose").estimate_clip(frames))
    ours = np.full((len(reference), 33, 2), np.nan)
    for result in results[: len(reference)]:
        if result.people:
            ours[result.index] = result.people[0].xy
    theirs, found = (np.isfinite(xy).all((1, 2)) for xy in (reference, ours))
    both = theirs & found
    height = np.ptp(reference[both][..., 1], axis=1)
    away = 100 * np.linalg.norm(ours[both] - reference[both], axis=-1) / height[:, None]
    return int(theirs.sum()), int((theirs & ~found).sum()), float(np.median(away)), float(away.mean()), float(np.percentile(away, 95))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=Path, required=True, help="folder of MediaPipe's landmarks, CLIP.npz")
    parser.add_argument("--videos", type=Path, required=True, help="folder of the clips; FOLDER_CLIP.npz is FOLDER/CLIP.mp4")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    for golden in sorted(arguments.golden.glob("*.npz")):
        video = next((p for p in sorted(arguments.videos.rglob("*.mp4")) if "_".join(p.relative_to(arguments.videos).with_suffix("").parts) == golden.stem), None)
        if video is not None:
            found, lost, median, mean, p95 = compare(golden, video)
            rows.append(f"| {golden.stem} | {found} | {lost} | {median:.2f} | {mean:.2f} | {p95:.2f} |")
            print(rows[-1])
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip() or "?"
    page = f"""# BlazePose against MediaPipe's own

Distance of our 33 landmarks from those of `mediapipe==0.10.21` (`model_complexity=1`, `smooth_landmarks=False`) on real clips,
in percent of the person's height in pixels (the landmarks' vertical extent), over all landmarks and frames.

    python tools/blazepose_report.py --golden DIR --videos DIR -o docs/results/blazepose.md

Commit {commit} (or the next), {np.datetime64("today")}, {platform.machine()}, Python {platform.python_version()}.

| clip | frames with somebody, MediaPipe's | of these lost by ours | median | mean | 95th percentile |
|---|---|---|---|---|---|
""" + "\n".join(rows)
    with atomic_path(arguments.output) as part:
        part.write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
