"""Writing video: H.264 in MP4, the one kind of file that every player opens."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from posewright.files import atomic_path


def write_video(path: str | os.PathLike[str], frames: Iterable[NDArray[np.uint8]], fps: float, crf: int = 20) -> int:
    """Write RGB frames (h, w, 3), all of one size, as H.264; odd sides lose their last row or column.

    Returns:
        The number of frames written.

    Raises:
        OutputError: the file cannot be written.
    """
    count = 0
    with atomic_path(path) as temporary, av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream: Any = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options={"crf": str(crf), "preset": "fast"})
                stream.pix_fmt = "yuv420p"
                stream.height, stream.width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
            even = np.ascontiguousarray(frame[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
            count += 1
        if stream is not None:
            container.mux(stream.encode())
    return count
