"""Unity's `.anim`: an AnimationClip as YAML that moves transforms by their paths (a Generic clip, without muscles).

Unity's axes are left-handed: what its importers of glTF (glTFast, UniVRM) and FBX do with a character, which is to mirror
x, and UniVRM to mirror z of VRM 0.x, is done here with its motion. Keys and fields as Unity's editor writes them:
https://docs.unity3d.com/Manual/UnityYAML.html and https://docs.unity3d.com/Manual/ClassIDReference.html (74, AnimationClip).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from posewright.character.gltf import Gltf
from posewright.errors import require
from posewright.files import atomic_path
from posewright.formats.export import Export
from posewright.formats.gltf_tracks import Track, file_tracks
from posewright.geometry import Array, quat_continuous
from posewright.types import Character, Motion

MIRRORS = {"x": {"translation": (-1.0, 1.0, 1.0), "rotation": (1.0, -1.0, -1.0, 1.0)}, "z": {"translation": (1.0, 1.0, -1.0), "rotation": (-1.0, -1.0, 1.0, 1.0)}}
"""The axis that an importer mirrors: signs of a place (3,) and of a quaternion (4,)."""
HEAD = """%YAML 1.1
%TAG !u! tag:unity3d.com,2011:
--- !u!74 &7400000
AnimationClip:
  m_ObjectHideFlags: 0
  m_CorrespondingSourceObject: {fileID: 0}
  m_PrefabInstance: {fileID: 0}
  m_PrefabAsset: {fileID: 0}
  m_Name: NAME
  serializedVersion: 6
  m_Legacy: 0
  m_Compressed: 0
  m_UseHighQualityCurve: 1
"""
TAIL = """  m_ScaleCurves: []
  m_FloatCurves: []
  m_PPtrCurves: []
  m_SampleRate: RATE
  m_WrapMode: 0
  m_Bounds:
    m_Center: {x: 0, y: 0, z: 0}
    m_Extent: {x: 0, y: 0, z: 0}
  m_ClipBindingConstant:
    genericBindings: []
    pptrCurveMapping: []
  m_AnimationClipSettings:
    serializedVersion: 2
    m_AdditiveReferencePoseClip: {fileID: 0}
    m_AdditiveReferencePoseTime: 0
    m_StartTime: 0
    m_StopTime: STOP
    m_OrientationOffsetY: 0
    m_Level: 0
    m_CycleOffset: 0
    m_HasAdditiveReferencePose: 0
    m_LoopTime: 0
    m_LoopBlend: 0
    m_LoopBlendOrientation: 0
    m_LoopBlendPositionY: 0
    m_LoopBlendPositionXZ: 0
    m_KeepOriginalOrientation: 1
    m_KeepOriginalPositionY: 1
    m_KeepOriginalPositionXZ: 1
    m_HeightFromFeet: 0
    m_Mirror: 0
  m_EditorCurves: []
  m_EulerEditorCurves: []
  m_HasGenericRootTransform: 0
  m_HasMotionFloatCurves: 0
  m_Events: []
"""


def write_anim(path: Path, export: Export) -> None:
    """Write the first motion for the character as Unity imports it: local rotations of all moving joints and the path of the hips.

    Curves run straight from key to key, one key a frame. Joints at rest have none.

    Raises:
        OutputError: the file cannot be written.
    """
    character, motion = export.character, export.motions[0]
    require(character is not None, "an .anim needs a character")
    assert character is not None
    signs = MIRRORS["z" if _is_vrm0(character) else "x"]
    paths = transform_paths(character)
    tracks: list[Track] = list(_tracks(character, motion))
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEAD.replace("NAME", _quoted(motion.name)))
        for field, channel in (("m_RotationCurves", "rotation"), ("m_CompressedRotationCurves", ""), ("m_EulerCurves", ""), ("m_PositionCurves", "translation")):
            curves = [(joint, values * signs[channel]) for joint, kind, values in tracks if kind == channel]
            file.write(f"  {field}:\n" if curves else f"  {field}: []\n")
            for joint, values in curves:
                times = motion.timestamps if len(values) == len(motion) else motion.timestamps[[0, -1]]
                file.write(_curve(times, values, paths[joint]))
        file.write(TAIL.replace("RATE", f"{motion.fps:.9g}").replace("STOP", f"{motion.duration:.9g}"))


def transform_paths(character: Character) -> list[str]:
    """Path of each joint from the object that an importer makes of the file: the names of the nodes above it and its own, (J,).

    For a character that was made, as `write_glb` lays it out.
    """
    skeleton, document = character.skeleton, character.document
    if document is None:
        names: list[str] = []
        for joint, parent in enumerate(skeleton.parents):
            names.append(f"{names[parent] if parent >= 0 else character.name}/{skeleton.joints[joint]}")
        return names
    gltf = Gltf(Path(character.name), dict(document.json), document.binary)
    parents, nodes = gltf.parents(), gltf.items("nodes")

    def path_of(node: int) -> str:
        own = str(nodes[node].get("name", f"Node-{node}"))
        return own if parents[node] < 0 else f"{path_of(parents[node])}/{own}"

    return [path_of(node) for node in document.joint_nodes]


def _is_vrm0(character: Character) -> bool:
    extensions = {} if character.document is None else character.document.json.get("extensions", {})
    return "VRM" in extensions and "VRMC_vrm" not in extensions


def _tracks(character: Character, motion: Motion) -> Iterator[Track]:
    """What each node must do, in the axes of the character's file, or of the GLB that would be written of it."""
    if character.document is not None:
        yield from file_tracks(character, motion)
        return
    yield 0, "translation", motion.root_translation
    rotations = quat_continuous(motion.rotations)
    for joint in range(len(character.skeleton)):
        yield joint, "rotation", rotations[:, joint]


def _curve(times: Array, values: Array, path: str) -> str:
    """One curve through keys (K, 3) or (K, 4) at times (K,), with slopes that make it straight between them."""
    fields = "xyzw"[: values.shape[1]]
    slopes = np.diff(values, axis=0) / np.diff(times)[:, None] if len(times) > 1 else np.zeros((1, values.shape[1]))
    arriving, leaving = np.concatenate([slopes[:1], slopes])[: len(times)], np.concatenate([slopes, slopes[-1:]])[: len(times)]
    weight = _vector(fields, np.full(values.shape[1], 1 / 3))
    keys = "".join(
        f"      - serializedVersion: 3\n        time: {time:.9g}\n        value: {_vector(fields, value)}\n        inSlope: {_vector(fields, into)}\n"
        f"        outSlope: {_vector(fields, out)}\n        tangentMode: 0\n        weightedMode: 0\n        inWeight: {weight}\n        outWeight: {weight}\n"
        for time, value, into, out in zip(times.tolist(), values, arriving, leaving, strict=True)
    )
    return f"  - curve:\n      serializedVersion: 2\n      m_Curve:\n{keys}      m_PreInfinity: 2\n      m_PostInfinity: 2\n      m_RotationOrder: 4\n    path: {_quoted(path)}\n"


def _vector(fields: str, values: NDArray[np.float64]) -> str:
    return "{" + ", ".join(f"{field}: {value:.8g}" for field, value in zip(fields, values.tolist(), strict=True)) + "}"


def _quoted(text: str) -> str:
    """A string of YAML in double quotes, which may hold any letter."""
    return json.dumps(text, ensure_ascii=False)
