"""Where Blender is: named by the user, in this Python as `bpy`, or installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from posewright.errors import UsageError

VARIABLE = "POSEWRIGHT_BLENDER"
"""Environment variable that names a `blender` program, or a Python that can import `bpy`; it goes before everything else."""
USUAL_PLACES = (
    "/Applications/Blender.app/Contents/MacOS/Blender",
    "~/Applications/Blender.app/Contents/MacOS/Blender",
    "/snap/bin/blender",
    "C:/Program Files/Blender Foundation/Blender */blender.exe",
)
"""Where installers put a Blender that is not on PATH; the last by name is taken, which is the newest."""
HOW_TO_GET = (
    "Install it from blender.org (3.4 or newer), or into this Python with: pip install 'posewright[blender]'. "
    f"A Blender elsewhere is named by the environment variable {VARIABLE}: its program, or a Python that can import bpy."
)


@dataclass(frozen=True)
class Blender:
    """A Blender that can be started."""

    program: str
    """Path of `blender` or of a Python with `bpy`."""
    is_python: bool
    found: str
    """How it was found, for messages."""

    def command(self, script: Path, argument: str) -> list[str]:
        """The command line that runs `script` inside of it, without windows, the user's settings and scripts in files, as `sys.argv[-1] == argument`."""
        if self.is_python:
            return [self.program, str(script), argument]
        return [self.program, "--background", "--factory-startup", "--disable-autoexec", "--python-exit-code", "1", "--python", str(script), "--", argument]


def find_blender() -> Blender:
    """The Blender to use: `POSEWRIGHT_BLENDER`, else `bpy` in this Python, else `blender` on PATH, else one in a usual place.

    Raises:
        UsageError: there is none, or the variable names none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        program = shutil.which(os.path.expanduser(named))
        if program is None:
            raise UsageError(f"{VARIABLE} is '{named}', which is no program. Name Blender's program, or a Python that can import bpy.")
        return Blender(program, Path(program).name.lower().startswith(("python", "pypy")), VARIABLE)
    if importlib.util.find_spec("bpy") is not None:
        return Blender(sys.executable, True, "bpy in this Python")
    program = shutil.which("blender")
    if program is not None:
        return Blender(program, False, "PATH")
    for place in USUAL_PLACES:
        path = Path(place).expanduser()
        if programs := sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
            return Blender(str(programs[-1]), False, "where it is usually installed")
    raise UsageError(f".fbx and .blend are read and written by Blender, which was not found. {HOW_TO_GET}")
