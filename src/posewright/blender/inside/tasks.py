"""A job from its paper to its answer."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import bpy
import numpy

from .reading import read
from .scene import Problem
from .writing import write

OLDEST = (3, 4, 0)
TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"write": write, "read": read}
Answer = dict[str, Any]


def main(paper: str) -> None:
    """Do the job whose JSON lies in the file `paper`, and write the answer to where it says: what the task gives, or a `problem` for the user.

    What nobody foresaw leaves no answer but a traceback. The process is left at once: some versions of `bpy` crash as they unload.
    """
    with open(paper, encoding="utf-8") as file:
        job = json.load(file)
    try:
        _save(job["answer"], _done(job))
    except Problem as problem:
        _save(job["answer"], {"problem": str(problem)})
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    sys.stdout.flush()
    os._exit(0)


def _done(job: dict[str, Any]) -> Answer:
    if bpy.app.version < OLDEST:
        raise Problem(f"Blender {bpy.app.version_string} is too old. {'.'.join(map(str, OLDEST[:2]))} or newer is needed.")
    if not hasattr(numpy, "bool"):  # Blender 3.4's glTF add-on, which Debian 12 lets run with NumPy 1.24, still asks for it
        vars(numpy)["bool"] = bool
    return {"blender": bpy.app.version_string} | TASKS[job["task"]](job)


def _save(path: str, answer: Answer) -> None:
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(path + ".part", path)
