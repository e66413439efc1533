"""What every source of frames has in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from posewright.errors import InputError, UsageError
from posewright.media.frame import Frame
from posewright.types import SourceInfo

SLACK_S = 1e-6
"""A time given in decimals still meets the frame it names."""


@dataclass(frozen=True)
class Window:
    """The part of a clip that is wanted, seconds: `start` included, `end` left out."""

    start: float = 0.0
    end: float = math.inf

    @classmethod
    def of(cls, start: float | None, end: float | None) -> Window:
        """
        Raises:
            UsageError: the end does not lie behind the start, or the start before 0.
        """
        window = cls(0.0 if start is None else float(start), math.inf if end is None else float(end))
        if not (math.isfinite(window.start) and window.start >= 0):
            raise UsageError(f"the start ({start} s) must be 0 or later.")
        if not window.end > window.start:
            raise UsageError(f"the end ({end} s) must lie behind the start ({window.start:g} s).")
        return window

    def is_before(self, timestamp: float) -> bool:
        """True where `timestamp` lies before the window."""
        return timestamp < self.start - SLACK_S

    def is_after(self, timestamp: float) -> bool:
        """True where `timestamp` lies behind the window."""
        return timestamp >= self.end - SLACK_S

    def count(self, duration: float, fps: float) -> int:
        """Frames of an even clip of `duration` seconds that lie in the window."""
        return max(0, round((min(self.end, duration) - self.start) * fps))

    def nothing(self, name: str, duration: float) -> InputError:
        """The error for a clip that ends before the window starts."""
        return InputError(f"{name} lasts {duration:.2f} s: nothing is left from {self.start:g} s on. Give an earlier --start.")


class Source(ABC):
    """Frames of a clip in order. Iterate once; close it, or use it in a `with` block."""

    info: SourceInfo
    warnings: list[str]
    """What the user should know, complete when the iteration has ended."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]: ...

    def close(self) -> None:  # noqa: B027 (most sources hold nothing open)
        """Let go of the file."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
