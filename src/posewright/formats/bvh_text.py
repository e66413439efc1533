"""The text of a BVH file, taken apart: the tree and the numbers, as they stand in the file."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError

CHANNELS = ("Xposition", "Yposition", "Zposition", "Xrotation", "Yrotation", "Zrotation")
NTSC_RATES = tuple(rate * 1000 / 1001 for rate in (24, 30, 60, 120))


@dataclass
class Tree:
    """The HIERARCHY of a file, joint by joint, in the file's unit and axes."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float]] = field(default_factory=list)
    channels: list[tuple[str, ...]] = field(default_factory=list)
    """Of each joint, in the order of the file; members of `CHANNELS`."""
    ends: list[tuple[int, tuple[float, float, float]]] = field(default_factory=list)
    """Joint and offset of each end site."""


def parse_bvh(path: Path) -> tuple[Tree, NDArray[np.float64], float]:
    """The tree, the values (T, channels of all joints) and the frames a second.

    A file that lacks frames that it announces is read as far as it goes, with a warning.

    Raises:
        InputError: the file cannot be read, or is no BVH; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    start = next((i for i, line in enumerate(lines) if line.strip().upper() == "MOTION"), len(lines))
    tree = _parse_tree(path, lines[:start])
    width = sum(map(len, tree.channels))
    if width == 0:
        raise InputError(f"{path}: no joint has channels, so nothing can move")
    values, fps = _parse_motion(path, lines, start + 1, width)
    return tree, values, fps


class _Words:
    """The words of a file before MOTION, each with its line, to be taken one after the other."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self.words = [(word, number) for number, line in enumerate(lines, start=1) for word in line.replace("{", " { ").replace("}", " } ").split()]
        self.at = 0

    def take(self) -> str:
        if self.at == len(self.words):
            raise InputError(f"{self.path}: the skeleton breaks off at its end. Is the file whole?")
        self.at += 1
        return self.words[self.at - 1][0]

    def expect(self, word: str) -> None:
        found = self.take()
        if found.upper() != word:
            raise self.error(f"'{found}' where {word} should stand")

    def number(self) -> float:
        word = self.take()
        try:
            value = float(word)
        except ValueError:
            raise self.error(f"'{word}' is no number") from None
        if not np.isfinite(value):
            raise self.error(f"{word} in the skeleton")
        return value

    def three(self) -> tuple[float, float, float]:
        return self.number(), self.number(), self.number()

    def error(self, message: str) -> InputError:
        """An error at the word taken last."""
        return InputError(f"{self.path}, line {self.words[self.at - 1][1]}: {message}. Is it a BVH file?")


def _parse_tree(path: Path, lines: list[str]) -> Tree:
    """The tree in `lines`, those before MOTION."""
    words, tree = _Words(path, lines), Tree()
    words.expect("HIERARCHY")
    words.expect("ROOT")
    _parse_joint(words, tree, -1)
    if words.at < len(words.words):
        word = words.take()
        raise words.error("a second root; give each skeleton a file of its own" if word.upper() == "ROOT" else f"'{word}' after the skeleton's end")
    return tree


def _parse_joint(words: _Words, tree: Tree, parent: int) -> None:
    """A joint and all below it, from its name on."""
    joint = len(tree.names)
    name = []
    while (word := words.take()) != "{":
        name.append(word)
    tree.names.append(" ".join(name) or f"joint{joint}")
    if tree.names[joint] in tree.names[:joint]:
        tree.names[joint] += f"_{joint}"
    tree.parents.append(parent)
    tree.offsets.append((0.0, 0.0, 0.0))
    tree.channels.append(())
    while (word := words.take()) != "}":
        keyword = word.upper()
        if keyword == "OFFSET":
            tree.offsets[joint] = words.three()
        elif keyword == "CHANNELS":
            tree.channels[joint] = _parse_channels(words)
        elif keyword == "JOINT":
            _parse_joint(words, tree, joint)
        elif keyword == "END":
            while words.take() != "{":
                pass
            words.expect("OFFSET")
            tree.ends.append((joint, words.three()))
            words.expect("}")
        else:
            raise words.error(f"'{word}' inside of joint '{tree.names[joint]}'")


def _parse_channels(words: _Words) -> tuple[str, ...]:
    channels = []
    for _ in range(int(words.number())):
        word = words.take()
        if word.capitalize() not in CHANNELS:
            raise words.error(f"'{word}' is no channel; there are: {', '.join(CHANNELS)}")
        channels.append(word.capitalize())
    return tuple(channels)


def _parse_motion(path: Path, lines: list[str], start: int, width: int) -> tuple[NDArray[np.float64], float]:
    """Values (T, width) in the file's units and frames a second, from the lines from `start`, the one after MOTION, on."""
    header: dict[str, str] = {}
    while start < len(lines) and (match := re.match(r"\s*(Frames|Frame Time)\s*:\s*(\S*)\s*$", lines[start], re.IGNORECASE)):
        header[match[1].lower()] = match[2]
        start += 1
        while start < len(lines) and not lines[start].strip():
            start += 1
    try:
        announced, text = int(header["frames"]), header["frame time"]
        fps = _frame_rate(text)
    except (KeyError, ValueError, ZeroDivisionError):
        raise InputError(f"{path}, line {start}: 'Frames:' with a count and 'Frame Time:' with seconds must follow MOTION") from None
    body = lines[start:]
    try:
        values = np.array(" ".join(body).split(), dtype=np.float64)
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise InputError(_first_bad_number(path, body, start + 1))
    frames = len(values) // width
    if frames == 0:
        raise InputError(f"{path}: no whole frame; each needs {width} numbers")
    if frames * width != len(values) or frames < announced:
        warnings.warn(f"{path}: {len(values)} numbers where {announced} frames of {width} are announced; {min(frames, announced)} whole frames are read", stacklevel=3)
    return values[: frames * width].reshape(frames, width)[:announced], fps


def _first_bad_number(path: Path, body: list[str], first_line: int) -> str:
    """What to say of the first word that is no finite number."""
    for number, line in enumerate(body, start=first_line):
        for word in line.split():
            try:
                if np.isfinite(float(word)):
                    continue
            except ValueError:
                pass
            return f"{path}, line {number}: '{word}' where a number should stand"
    raise AssertionError("all numbers are finite")


def _frame_rate(frame_time: str) -> float:
    """Frames a second of a frame time as written: the whole or NTSC rate that rounds to it, if there is one."""
    seconds = float(frame_time)
    rate = 1.0 / seconds
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(frame_time)
    decimals = len(frame_time.partition(".")[2]) if re.fullmatch(r"\d*\.\d+", frame_time) else 12
    for candidate in (max(round(rate), 1), *NTSC_RATES):
        if abs(1.0 / candidate - seconds) <= 0.6 * 10.0**-decimals:
            return float(candidate)
    return rate
