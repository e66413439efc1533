"""A job for Blender, in a process of its own: what it crashes on, or never ends with, ends there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posewright.blender.find import HOW_TO_GET, VARIABLE, find_blender
from posewright.errors import PosewrightError, UsageError

ENTRY = Path(__file__).with_name("entry.py")
START_S = 120.0
"""Time for Blender to start and import; what a job adds to it, its caller knows."""
TAIL_LINES = 12
"""So much of what Blender said goes into an error."""


def run_blender(job: Mapping[str, Any], doing: str, failure: type[PosewrightError], timeout_s: float = START_S) -> dict[str, Any]:
    """Run a job of `inside` in Blender, wait for it, and give back what it answers.

    Args:
        job: the `task`, a key of `inside.tasks.TASKS`, and its arguments, fit for JSON.
        doing: `write dance.fbx`: said in errors.
        failure: the error to raise if the job fails.
        timeout_s: seconds after which it is ended.

    Raises:
        UsageError: there is no Blender, or it cannot be started.
        PosewrightError: of the kind `failure`: the job says what is wrong with its input, Blender failed or crashed, or took too long.
    """
    blender = find_blender()
    with tempfile.TemporaryDirectory(prefix="posewright-blender-") as folder:
        paper, answer, log = Path(folder) / "job.json", Path(folder) / "answer.json", Path(folder) / "log.txt"
        paper.write_text(json.dumps({**job, "answer": str(answer)}), encoding="utf-8")
        try:
            code = _wait(blender.command(ENTRY, str(paper)), log, timeout_s)
        except OSError as error:
            raise UsageError(f"{blender.program} ({blender.found}) cannot be started: {error.strerror or error}. {HOW_TO_GET}") from error
        said = _tail(log)
        if code is None:
            raise failure(f"cannot {doing}: Blender ({blender.program}) did not end within {timeout_s:.0f} seconds. Its last words:\n{said}")
        if not answer.is_file():
            if "No module named 'bpy'" in said:
                raise UsageError(f"{blender.program} ({blender.found}) has no bpy: install it there (pip install bpy), or let {VARIABLE} name another. {HOW_TO_GET}")
            raise failure(f"cannot {doing}: Blender ({blender.program}) {_ending(code)}. Its last words:\n{said}")
        result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    if "problem" in result:
        raise failure(f"cannot {doing}: {result['problem']}")
    return result


def _wait(command: list[str], log: Path, timeout_s: float) -> int | None:
    """Exit code of a command whose words go into `log`; None if it had to be ended, with everything that it started."""
    with log.open("wb") as words, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            return process.wait(timeout_s)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                return None
            raise


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    return "\n".join(f"  {line[:300]}" for line in lines[-TAIL_LINES:]) or "  (none)"


def _ending(code: int) -> str:
    if code >= 0:
        return f"failed (exit code {code})"
    return f"crashed ({signal.Signals(-code).name if -code in [*signal.Signals] else code})"
