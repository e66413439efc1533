"""Writing files so that none is ever half written: beside the final name, then renamed when whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posewright.errors import OutputError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path in the folder of `path`, with its suffix; renamed to `path` when the block ends well.

    Whatever ends the block early (an error, Ctrl-C) removes the temporary file and leaves an older
    `path` as it was.

    Raises:
        OutputError: the folder does not exist or cannot be written, or the disk is full.
    """
    final = Path(path)
    check_writable(final)
    temporary = final.with_name(f".{final.stem}.{secrets.token_hex(4)}.part{final.suffix}")
    try:
        yield temporary
        os.replace(temporary, final)
    except OSError as error:
        raise OutputError(f"cannot write {final}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Fail before the long work rather than after it.

    Raises:
        OutputError: `path` is a folder, or its folder does not exist or cannot be written.
    """
    final = Path(path)
    folder = final.parent
    if final.is_dir():
        raise OutputError(f"cannot write {final}: it is a folder. Give a file name.")
    if not folder.is_dir():
        raise OutputError(f"cannot write {final}: the folder {folder} does not exist. Create it first.")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"cannot write {final}: no permission to write in {folder}.")
