"""Where a result of `posewright pose` goes: by the suffix of its file, or by the name of a format."""

from __future__ import annotations

from pathlib import Path

from posewright.errors import UsageError
from posewright.formats import check_output, write
from posewright.formats.exchange import EXCHANGES, check_exchange, write_exchange
from posewright.types import Capture

OURS = ("json", "csv", "npz", "txt")
"""Formats of our own that hold keypoints, by name."""


def default_output(source: Path, name: str | None) -> Path:
    """What the result of a source is called where the user does not say, in the current folder.

    Raises:
        UsageError: there is no format of this name.
    """
    _check_name(name)
    stem = source.name if source.is_dir() else source.stem
    return Path(stem + EXCHANGES[name].output) if name in EXCHANGES else Path(f"{stem}.{name or OURS[0]}")


def check_as(path: Path, name: str | None) -> None:
    """Fail before the long work rather than after it.

    Raises:
        UsageError: there is no format of this name, or of this suffix where none is named.
        OutputError: the file or folder cannot be written.
    """
    _check_name(name)
    if name in EXCHANGES:
        check_exchange(path, name)
        return
    check_output(path)
    if name and path.suffix.lower() != f".{name}":
        raise UsageError(f"{path} shall be written as '{name}': call it {path.with_suffix('.' + name)}, or leave --format out")


def write_as(path: Path, capture: Capture, name: str | None) -> None:
    """Write a capture in the format called `name`, or in the one that the suffix names.

    Raises:
        UsageError, OutputError: as of `check_as`.
    """
    if name in EXCHANGES:
        write_exchange(path, capture, name)
    else:
        write(path, capture)


def _check_name(name: str | None) -> None:
    writable = [*(key for key, row in EXCHANGES.items() if row.write), *OURS]
    if name is not None and name not in writable:
        raise UsageError(f"no format '{name}'. There are: {', '.join(writable)}")
