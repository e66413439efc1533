"""A video file as a source of frames with true timestamps, by PyAV."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from posewright.errors import InputError
from posewright.machine import processors
from posewright.media.base import Source, Window
from posewright.media.frame import Frame, clockwise_degrees, display_turn
from posewright.types import SourceInfo

LENIENT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
"""Tags in an unknown encoding are no reason to refuse a clip. PyAV 19 has no such choice to make."""
DEFAULT_FPS = 30.0
MAX_FPS = 1000.0
FEW_PROCESSORS = 2
SMALL_PX = 1920 * 1200
"""Up to this size one thread decodes faster than a network looks: where processors are few, more threads would only take from it."""
NOT_VIDEO = frozenset({"tty", "image2"})
"""FFmpeg's readers that make a moving picture of any text file, or a pattern of a file name."""


class VideoSource(Source):
    """The video stream of a file."""

    def __init__(self, path: Path, window: Window) -> None:
        """
        Raises:
            InputError: the file is no video, is cut off before its index, has no picture, or ends before the window.
        """
        self._window = window
        self._path = path
        self.warnings = []
        self._container = _open(path)
        try:
            self._stream = _video_stream(self._container, path)
            self._fps = _frame_rate(self._stream)
            self._clock = Clock(self._fps)
            self._damaged = 0
            self._read_count = 0
            if 0 < self._duration <= window.start:
                raise window.nothing(str(path), self._duration)
            self._pictures = self._in_window()
            self._first = next(self._pictures, None)
            if self._first is None:
                raise self._no_picture()
            self.info = self._describe(self._first[0])
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        """
        Raises:
            InputError: the picture changes its size in mid-clip.
        """
        pending, self._first = self._first, None
        index = 0
        while pending is not None:
            picture, timestamp = pending
            frame = Frame.from_av(picture, index, timestamp)
            if frame.size != self.info.frame_size:
                raise InputError(f"{self._path}: frame {index} is {frame.size}, the frames before it are {self.info.frame_size}. Cut the clip there (--end {timestamp:.2f}).")
            yield frame
            index += 1
            pending = next(self._pictures, None)
        self._warn(index)

    def close(self) -> None:
        self._container.close()

    @property
    def _duration(self) -> float:
        """Seconds that the file claims to last, 0 when it does not say. The container's own figure may be that of the sound."""
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base

    def _describe(self, picture: av.VideoFrame) -> SourceInfo:
        size = Frame.from_av(picture, 0, 0.0).size
        count = self._window.count(self._duration, self._fps)
        if self._stream.frames:  # what a cut without re-encoding hides is counted here but not in the duration
            count = min(count, self._stream.frames) if self._duration else self._stream.frames
        return SourceInfo(str(self._path), "video", size, self._fps, count or None, clockwise_degrees(display_turn(picture)))

    def _in_window(self) -> Iterator[tuple[av.VideoFrame, float]]:
        """Pictures and their seconds from the start of the clip."""
        for picture, timestamp in self._timed():
            self._read_count += 1
            if self._window.is_after(timestamp):
                return
            if not self._window.is_before(timestamp):
                yield picture, timestamp

    def _timed(self) -> Iterator[tuple[av.VideoFrame, float]]:
        """Pictures from a little before the window on, with their times."""
        if self._window.start > 0 and self._seek(self._window.start):
            pictures = self._with_times()
            first = next(pictures, None)
            if first is not None and first[0].key_frame and not first[1] > self._window.start:
                yield first
                yield from pictures
                return
            # Landed too late or between key frames, as in a file without an index: read it from its start.
            self._container.close()
            self._container = _open(self._path)
            self._stream = _video_stream(self._container, self._path)
            self._clock = Clock(self._fps)
        yield from self._with_times()

    def _seek(self, time_s: float) -> bool:
        """Go to the last key frame before; False where that cannot be done."""
        if not self._stream.time_base:
            return False
        try:
            self._container.seek(int(time_s / self._stream.time_base) + (self._stream.start_time or 0), stream=self._stream)
        except FFmpegError:
            return False
        return True

    def _with_times(self) -> Iterator[tuple[av.VideoFrame, float]]:
        zero = self._stream.start_time
        for picture in self._decode():
            timestamp = None
            if picture.pts is not None and picture.time_base:
                zero = picture.pts if zero is None else zero
                timestamp = float((picture.pts - zero) * picture.time_base)
            yield picture, self._clock(timestamp)

    def _decode(self) -> Iterator[av.VideoFrame]:
        """All pictures that can be decoded from here on; what cannot is counted in `_damaged`."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                self._damaged += 1
                packet = None
            try:
                pictures = self._stream.decode(packet)
            except EOFError:
                return
            except FFmpegError:
                self._damaged += 1
                pictures = []
            yield from pictures
            if packet is None:
                return

    def _no_picture(self) -> InputError:
        if self._read_count:
            return self._window.nothing(str(self._path), self._clock.last + 1 / self._fps)
        return InputError(f"{self._path}: not one frame can be decoded ({self._stream.codec_context.name}). The file is damaged; try to play it.")

    def _warn(self, read: int) -> None:
        """Say what was wrong with the clip, of which `read` frames were handed out."""
        missing_s = min(self._duration, self._window.end) - self._clock.last
        slack_s = 1.5 / self._fps if self._stream.duration else 1.0  # the container's duration may be that of the sound
        if missing_s > slack_s or self._damaged:
            lost = (self.info.frame_count or read + self._damaged) - read
            about = "" if self._stream.frames and self._window == Window() else "about "
            if lost > 0:
                self.warnings.append(f"{self._path}: {about}{lost} frame{'s' * (lost > 1)} could not be read (file truncated or damaged?)")
        if self._clock.repaired:
            self.warnings.append(f"{self._path}: {self._clock.repaired} frames had no timestamp or one out of order; it was made up from their neighbours")


class Clock:
    """Timestamps made to increase: where one is missing, repeated or runs backwards, the nominal frame rate decides."""

    def __init__(self, fps: float) -> None:
        self.last = -math.inf
        self.repaired = 0
        self._step = 1.0 / fps
        self._offset = 0.0

    def __call__(self, timestamp: float | None) -> float:
        """The time of the next frame, seconds, later than the one before."""
        if timestamp is None:
            now = self.last + self._step if math.isfinite(self.last) else 0.0
            self.repaired += 1
        else:
            now = timestamp + self._offset
            if now <= self.last:
                self.repaired += 1
                if self.last - now >= self._step:  # the file's clock was set back: all that follows moves along
                    self._offset += self.last + self._step - now
                    now = self.last + self._step
                else:  # repeated: half a step leaves the next frame its true time
                    now = self.last + self._step / 2
        self.last = now
        return now


def _open(path: Path) -> av.container.InputContainer:
    try:
        container = av.open(str(path), **LENIENT)
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: no permission.") from error
    except (FFmpegError, OSError, ValueError) as error:
        if _is_mp4(path):
            raise InputError(f"{path} is incomplete: the index (moov atom) is missing or damaged, as when a recording or download was cut off. Get the whole file.") from error
        raise InputError(f"{path} is not a video that can be read ({getattr(error, 'strerror', None) or error}).") from error
    if container.format.name in NOT_VIDEO:
        container.close()
        raise InputError(f"{path} is a text file, not a video.")
    return container


def _is_mp4(path: Path) -> bool:
    """True for a file that begins like the MP4 and QuickTime family (ISO/IEC 14496-12)."""
    with path.open("rb") as file:
        return file.read(12)[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free")


def _video_stream(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The first stream that moves: the cover picture of a song does not."""
    streams = [stream for stream in container.streams.video if not stream.disposition & av.stream.Disposition.attached_pic]
    if not streams:
        raise InputError(f"{path} holds no video stream{' (sound only)' if container.streams.audio else ''}.")
    stream = streams[0]
    if stream.codec_context is None:
        raise InputError(f"{path}: its video is in a form that this FFmpeg cannot decode. Convert it to H.264 first.")
    if processors() > FEW_PROCESSORS or stream.codec_context.width * stream.codec_context.height > SMALL_PX:
        stream.thread_type = "AUTO"
    else:
        stream.codec_context.thread_count = 1
    return stream


def _frame_rate(stream: av.VideoStream) -> float:
    """The nominal rate; `DEFAULT_FPS` when the file says none or nonsense."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate <= MAX_FPS:
            return float(rate)
    return DEFAULT_FPS
