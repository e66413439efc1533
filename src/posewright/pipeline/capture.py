"""`capture()`: a clip walks once through the rooms, from frames to the motion of each person."""

from __future__ import annotations

import importlib
import os
import threading
from typing import TYPE_CHECKING

from posewright.pipeline.numbers import check_numbers
from posewright.pipeline.progress import Progress, silent
from posewright.pipeline.see import see
from posewright.types import Camera, Capture

if TYPE_CHECKING:
    from posewright.solve import SolveOptions
    from posewright.solve.refine import RefineOptions


def capture(
    source: str | os.PathLike[str],
    *,
    start: float | None = None,
    end: float | None = None,
    mode: str = "balanced",
    estimator: str | None = None,
    lifter: str | None = None,
    people: int = 1,
    device: str = "cpu",
    detector: str | None = None,
    flip_test: bool = False,
    keypoints: str | os.PathLike[str] | None = None,
    height_m: float | None = None,
    fov_deg: float | None = None,
    camera: Camera | str | os.PathLike[str] | None = None,
    up_axis: str | None = None,
    find_vertical: bool = True,
    fps: float | None = None,
    trim: bool = False,
    mend: bool = True,
    wright: bool = True,
    refine: RefineOptions | bool | None = True,
    use_ground: bool = True,
    plant_feet: bool = True,
    options: SolveOptions | None = None,
    progress: Progress = silent,
) -> Capture:
    """Motion of the people in a video, an image or a folder of images.

    Args:
        source: file or folder.
        start, end: part of the clip to use, seconds.
        mode: `lightweight`, `balanced` or `performance`; chooses estimator and lifter.
        estimator, lifter: by name, instead of the mode's.
        people: how many people to follow at most; the one who fills most of the clip comes first.
        device: what runs ONNX networks: `cpu`, `cuda`, `coreml` or `directml`; BlazePose runs on the CPU.
        detector: which network finds the people for top-down estimators, by name.
        flip_test: let hrnet, simplebaseline, rtmpose or centernet see each person mirrored too; an error with the others.
        keypoints: what another program found in `source`, instead of an estimator: OpenPose's folder of JSON, AlphaPose's JSON,
            a folder of `joints.npy` and `names.npy`, or BlazePose's text.
        height_m: stature of the person, metres; sets the scale. None: 1.70 is assumed.
        fov_deg: the camera's angle of view along the longer side, degrees. None: 60 is assumed.
        camera: a calibration file (see `posewright.formats.calibration`), or the camera itself, whose pose then tells the vertical.
        up_axis: which axis of the calibration file's world points up, `y` or `-z` say: the vertical is then taken from it.
        find_vertical: find how the camera was held from the person's balance; otherwise it is taken as level.
        fps: frames a second of the motion. None: the clip's.
        trim: keep only the time in which each person is seen, instead of the whole clip.
        mend: undo left and right swaps and distrust outliers before lifting.
        wright: let our own lifter's directions and vertical weigh in the refinement.
        refine: how the whole-clip refinement weighs its terms; False leaves it out.
        use_ground: let planted feet stay and the floor carry, within the refinement.
        plant_feet: pin planted feet to the floor at the end.
        options: what the solver does. None: what suits the rest.
        progress: told of each stage.

    Raises:
        InputError: the source or the calibration cannot be used.
        NoPersonError: nobody was found in it.
        ModelError: a network's file cannot be had.
        UsageError: names or numbers that do not fit.
    """
    check_numbers(height_m, fov_deg, up_axis, camera is not None)
    # What comes after the networks is imported while they run: the import takes as long as the solving.
    threading.Thread(target=importlib.import_module, args=("posewright.pipeline.motion",), daemon=True).start()
    seen = see(
        source, start=start, end=end, mode=mode, estimator=estimator, lifter=lifter, people=people,
        device=device, detector=detector, flip_test=flip_test, keypoints=keypoints, progress=progress,
    )  # fmt: skip
    from posewright.pipeline.motion import animate

    return animate(
        seen, height_m=height_m, fov_deg=fov_deg, camera=camera, up_axis=up_axis, find_vertical=find_vertical, fps=fps, trim=trim,
        mend=mend, wright=wright, refine=refine, use_ground=use_ground, plant_feet=plant_feet, options=options, progress=progress,
    )  # fmt: skip
