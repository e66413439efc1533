"""What both ways share: an empty scene, operators of any version, the curves of an action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

NEAR = 0.02
"""A key this near to a whole frame belongs on it: files round their times."""


class Problem(Exception):  # noqa: N818
    """Something about the user's file, in words for the user."""


def empty_scene() -> Any:
    """Blender as it comes, with nothing in its scene, and no backup files beside what it saves."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.preferences.filepaths.save_version = 0
    return bpy.context.scene


def call(operator: Any, **options: Any) -> None:
    """Call an operator with those of the options that this version of Blender knows.

    Raises:
        Problem: Blender reports an error.
    """
    known = operator.get_rna_type().properties.keys()
    try:
        result = operator(**{name: value for name, value in options.items() if name in known})
    except RuntimeError as error:
        raise Problem(said(error)) from error
    if "FINISHED" not in result:
        raise Problem(f"Blender {bpy.app.version_string} gave up without a reason.")


def said(error: RuntimeError) -> str:
    """What Blender says in an error: of a Python traceback the last word alone."""
    lines = str(error).strip().splitlines()
    if any(line.lstrip().startswith("File ") for line in lines):
        after = max(i for i, line in enumerate(lines) if line.lstrip().startswith("File "))
        lines = [line for line in lines[after + 1 :] if line and not line[0].isspace()] or lines
    return f"Blender {bpy.app.version_string} says: {lines[0] if lines else 'nothing'}"


def curves(action: Any, slot: Any = None) -> Iterator[Any]:
    """The curves of an action; of a layered one (Blender 4.4 and later) those of a slot, or of all."""
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                if slot is None or bag.slot == slot:
                    yield from bag.fcurves


def near_frame(frame: float) -> float:
    """The whole frame where one is `NEAR`."""
    return float(round(frame)) if abs(frame - round(frame)) < NEAR else frame


def take_action(animation: Any) -> None:
    """Let an object play the action of its first NLA strip, if it plays none, and drop its NLA tracks: importers put them there."""
    if animation is None:
        return
    strips = [strip for track in animation.nla_tracks for strip in track.strips if strip.action]
    if animation.action is None and strips:
        slot = getattr(strips[0], "action_slot", None)
        animation.action = strips[0].action
        if slot is not None:
            animation.action_slot = slot
    for track in list(animation.nla_tracks):
        animation.nla_tracks.remove(track)
