from __future__ import annotations

import sys
from pathlib import Path

import pytest

from posewright.blender import find, find_blender
from posewright.errors import UsageError


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Blender anywhere, until a test puts one there."""
    monkeypatch.delenv(find.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(find, "USUAL_PLACES", (str(tmp_path / "Blender */blender"),))
    monkeypatch.setattr(find.importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(("name", "is_python"), [("blender", False), ("blender-4.2", False), ("python3.11", True), ("Python.exe", True)])
def test_the_variable_goes_first(name: str, is_python: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find.VARIABLE, str(program(tmp_path / name)))
    monkeypatch.setattr(find.importlib.util, "find_spec", lambda name: object())
    found = find_blender()
    assert (found.program, found.is_python) == (str(tmp_path / name), is_python)


def test_then_bpy_in_this_python_then_path_then_the_usual_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Blender 4.2").mkdir()
    (tmp_path / "Blender 5.0").mkdir()
    program(tmp_path / "Blender 4.2" / "blender")
    newest = program(tmp_path / "Blender 5.0" / "blender")
    assert find_blender().program == str(newest)
    on_path = program(tmp_path / "blender")
    assert find_blender().program == str(on_path)
    monkeypatch.setattr(find.importlib.util, "find_spec", lambda name: object())
    assert (find_blender().program, find_blender().is_python) == (sys.executable, True)


def test_none_says_both_ways_to_get_it() -> None:
    with pytest.raises(UsageError, match=r"blender\.org.*posewright\[blender\].*POSEWRIGHT_BLENDER"):
        find_blender()


def test_a_variable_that_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(find.VARIABLE, "no/such/blender")
    with pytest.raises(UsageError, match="POSEWRIGHT_BLENDER is 'no/such/blender', which is no program"):
        find_blender()


def test_command_lines(tmp_path: Path) -> None:
    script = tmp_path / "entry.py"
    assert find.Blender("python", True, "").command(script, "job.json") == ["python", str(script), "job.json"]
    command = find.Blender("blender", False, "").command(script, "job.json")
    assert "--disable-autoexec" in command
    assert "--factory-startup" in command
    assert command[-2:] == ["--", "job.json"]
