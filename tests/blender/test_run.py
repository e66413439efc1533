"""Running a program that is no Blender but behaves as one does at its worst."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from posewright.blender import find, run_blender
from posewright.errors import CharacterError, OutputError, UsageError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Blender is a script with a #! line")
ANSWER = """
import json, sys
job = json.load(open(sys.argv[-1], encoding="utf-8"))
json.dump({answer}, open(job["answer"], "w", encoding="utf-8"))
"""


@pytest.fixture
def blender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a `blender` of some Python code, and let it be found."""

    def make(code: str) -> Path:
        path = tmp_path / "blender"
        path.write_text(f"#!{sys.executable}\n{code}", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv(find.VARIABLE, str(path))
        return path

    return make


def test_the_job_arrives_and_the_answer_comes_back(blender: Any) -> None:
    blender(ANSWER.format(answer='{"seen": job["path"], "arguments": sys.argv[1:-1]}'))
    answer = run_blender({"task": "read", "path": "人.fbx"}, "read 人.fbx", CharacterError)
    assert answer["seen"] == "人.fbx"
    assert "--background" in answer["arguments"]


def test_an_answer_counts_even_if_it_crashes_as_it_ends(blender: Any) -> None:
    blender(ANSWER.format(answer="{}") + "import os, signal\nsys.stdout.flush()\nos.kill(os.getpid(), signal.SIGSEGV)")
    assert run_blender({"task": "read"}, "read x.fbx", CharacterError) == {}


def test_a_problem_is_the_users(blender: Any) -> None:
    blender(ANSWER.format(answer='{"problem": "it holds no armature."}'))
    with pytest.raises(CharacterError, match=r"^cannot read x\.fbx: it holds no armature\.$"):
        run_blender({"task": "read"}, "read x.fbx", CharacterError)


def test_failure_shows_the_last_words(blender: Any) -> None:
    blender("import sys\nfor i in range(100): print('line', i)\nprint('Error: bones', file=sys.stderr)\nsys.exit(7)")
    with pytest.raises(OutputError, match=r"failed \(exit code 7\)") as caught:
        run_blender({"task": "write"}, "write x.fbx", OutputError)
    assert "Error: bones" in str(caught.value)
    assert "line 5\n" not in str(caught.value)


def test_crash(blender: Any) -> None:
    blender("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(OutputError, match=r"crashed \(SIGSEGV\)"):
        run_blender({"task": "write"}, "write x.fbx", OutputError)


def test_too_long_is_ended_with_all_that_it_started(blender: Any, tmp_path: Path) -> None:
    note = tmp_path / "child"
    blender(f"""
import subprocess, time
child = subprocess.Popen(["sleep", "600"])
open({str(note)!r} + ".part", "w").write(str(child.pid))
import os; os.rename({str(note)!r} + ".part", {str(note)!r})
print("started", flush=True)
time.sleep(600)
""")
    with pytest.raises(OutputError, match=r"(?s)did not end within 3 seconds.*started"):
        run_blender({"task": "write"}, "write x.fbx", OutputError, timeout_s=3.0)
    state = Path(f"/proc/{note.read_text()}/status")
    for _ in range(100):  # a killed process is gone when its turn comes
        try:
            if "State:\tZ" in state.read_text():
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.1)
    pytest.fail("what it started is still running")


def test_what_cannot_be_started(blender: Any) -> None:
    path = blender("")
    path.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be started"):
        run_blender({"task": "write"}, "write x.fbx", OutputError)


def test_a_python_without_bpy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "python-without"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv(find.VARIABLE, str(path))
    with pytest.raises(UsageError, match="has no bpy"):
        run_blender({"task": "write"}, "write x.fbx", OutputError)


def test_nothing_is_left_behind(blender: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    blender(ANSWER.format(answer="{}"))
    run_blender({"task": "read"}, "read x.fbx", CharacterError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blender"]
