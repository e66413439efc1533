"""Stretches of frames: found in a mask, joined sensibly, and put in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Range = tuple[int, int]
"""First and last frame, both included."""
MOST_RANGES = 3
"""More than this many stretches in one sentence are not read."""
THROUGHOUT = 0.95
"""Share of the clip from which on no frames need to be named."""


def find_ranges(mask: NDArray[np.bool_], join: int = 0, least: int = 1) -> tuple[Range, ...]:
    """Stretches of frames in which `mask` (T,) holds; gaps of up to `join` frames are bridged, then stretches below `least` frames dropped."""
    frames = np.flatnonzero(mask)
    if len(frames) == 0:
        return ()
    breaks = np.flatnonzero(np.diff(frames) > join + 1)
    firsts, lasts = frames[np.r_[0, breaks + 1]], frames[np.r_[breaks, len(frames) - 1]]
    return tuple((int(first), int(last)) for first, last in zip(firsts, lasts, strict=True) if last - first + 1 >= least)


def mask_of(ranges: Sequence[Range], frames: int) -> NDArray[np.bool_]:
    """The frames within `ranges`, (frames,)."""
    mask = np.zeros(frames, dtype=bool)
    for first, last in ranges:
        mask[first : last + 1] = True
    return mask


def in_words(ranges: Sequence[Range], times: NDArray[np.float64]) -> str:
    """ "in frames 40-71 (1.3-2.4 s)", for a sentence. `times` (T,) are the seconds of all frames."""
    if mask_of(ranges, len(times)).mean() >= THROUGHOUT:
        return "throughout"
    longest = sorted(sorted(ranges, key=lambda r: r[0] - r[1])[:MOST_RANGES])
    named = [_one(r, times) for r in longest]
    more = len(ranges) - len(longest)
    if more:
        named.append(f"{more} shorter stretch{'es' if more > 1 else ''}")
    single = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
    head = ", ".join(named[:-1])
    return f"in frame{'' if single else 's'} {head + ' and ' if head else ''}{named[-1]}"


def _one(r: Range, times: NDArray[np.float64]) -> str:
    first, last = r
    begin, end = _clock(times[first]), _clock(times[last])
    frames = f"{first}" if first == last else f"{first}-{last}"
    seconds = begin if begin == end else f"{begin}-{end}"
    return f"{frames} ({seconds}{'' if ':' in end else ' s'})"


def _clock(seconds: float) -> str:
    minutes = int(round(seconds, 1) // 60)
    return f"{minutes}:{seconds - 60 * minutes:04.1f}" if minutes else f"{seconds:.1f}"
