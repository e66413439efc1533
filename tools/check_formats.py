"""Write a motion on characters in every format that needs no Blender to be written, and have them read it back.

    pip install 'posewright[usd,c3d]' pyyaml
    npm install --prefix build/npm gltf-validator three @pixiv/three-vrm @pixiv/three-vrm-animation
    python tools/check_formats.py MOTION CHARACTER... --npm build/npm --blender PYTHON -o docs/results/formats.md

The mannequin is driven first. Readers: the Khronos validator for .glb, .vrm and .vrma; pxr (UsdSkel) for .usda and .usdc;
Blender, in a Python of its own, for .usdc; ezc3d for .c3d; PyYAML for .anim; NumPy, as Pose2Sim reads it, for .trc; three.js
with three-vrm in Chromium for .vrm and .vrma. Joints must be where we say within 1 mm, and the validator must find no
error that the character's own file lacks. FBX, GLB and BVH in Blender: `check_exports.py`. Ends with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import check_three_vrm
import numpy as np
from numpy.typing import NDArray

from posewright.character import default_character, read_character, skin
from posewright.errors import UsageError
from posewright.formats import on_character, read_motion, write
from posewright.formats.unity_anim import transform_paths
from posewright.formats.usd import place_of
from posewright.formats.usd_names import unique_identifiers
from posewright.types import Character, Motion

LIMIT_M = check_three_vrm.LIMIT_M
VALIDATE = """
const validator = require('gltf-validator');
validator.validateBytes(new Uint8Array(require('fs').readFileSync(process.argv[1])))
  .then(report => console.log(JSON.stringify(report)));
"""
FRAMES = 120
"""Of the motion, so that a run takes minutes."""
HEADER = """# Files read back by other people's programs

{frames} frames of {motion} on each character, in every format; *joints*: the largest distance of a joint in that program from where we
say it is, over all joints and frames. `debug_robot_vrm0` is `debug_robot` made a VRM 0.x by `tools/vrm0.py`. FBX, .blend, GLB and BVH in Blender: `tools/check_exports.py`.

    {command}

Commit {commit} (or the next), {date}, {machine}, Python {python}; {versions}.

| character | format | read by | joints, mm | further |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """What one reader found of one file."""

    suffix: str
    reader: str
    off_m: float | None
    further: str = ""
    failed: bool = False


Check = Callable[[Path, Motion, Character], Iterator[Row]]


def off(found: NDArray[np.float64], motion: Motion) -> float:
    """The largest distance of joints (T, J, 3) from the motion's, metres."""
    return float(np.linalg.norm(found - motion.joint_positions(), axis=-1).max())


def check_usd(path: Path, motion: Motion, character: Character) -> Iterator[Row]:
    from pxr import Usd, UsdGeom, UsdSkel, Vt

    stage = Usd.Stage.Open(str(path))
    root = UsdSkel.Root(stage.GetPrimAtPath(place_of(character, 1)))
    skeleton = UsdSkel.Skeleton(stage.GetPrimAtPath(root.GetPath().AppendChild("Skeleton")))
    cache, places = UsdSkel.Cache(), UsdGeom.XformCache()
    cache.Populate(root, Usd.PrimDefaultPredicate)
    query, joints = cache.GetSkelQuery(skeleton), []
    for frame in range(len(motion)):
        places.SetTime(frame)
        joints.append(np.array(query.ComputeJointWorldTransforms(places))[:, 3, :3])
    middle, skinned = len(motion) // 2, []
    for prim in (prim for prim in root.GetPrim().GetChildren() if prim.IsA(UsdGeom.Mesh)):
        points = Vt.Vec3fArray(prim.GetAttribute("points").Get())
        cache.GetSkinningQuery(prim).ComputeSkinnedPoints(query.ComputeSkinningTransforms(middle), points, middle)
        skinned.append(np.array(points))
    apart = float(np.linalg.norm(np.concatenate(skinned) - skin(character, motion, middle)[0], axis=-1).max())
    seconds = stage.GetEndTimeCode() / stage.GetTimeCodesPerSecond()
    yield Row(path.suffix, "pxr", off(np.array(joints), motion), f"skin off by {1000 * apart:.3f} mm; {seconds:.3f} s", apart > LIMIT_M)


def check_c3d(path: Path, motion: Motion, character: Character) -> Iterator[Row]:
    import ezc3d

    content = ezc3d.c3d(str(path))
    point = content["parameters"]["POINT"]
    xyz = content["data"]["points"][:3].transpose(2, 1, 0) / 1000.0
    joints = xyz[:, -len(motion.skeleton) :]
    yield Row(path.suffix, "ezc3d", off(joints, motion), f"{xyz.shape[1]} points in {point['UNITS']['value'][0]} at {point['RATE']['value'][0]:g}")


def check_trc(path: Path, motion: Motion, character: Character) -> Iterator[Row]:
    table = np.genfromtxt(path, skip_header=5, delimiter="\t")[:, 1:]
    header = dict(zip(*(line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:3]), strict=True))
    joints = table[:, 1:].reshape(len(table), -1, 3)[:, -len(motion.skeleton) :]
    yield Row(path.suffix, "NumPy", off(joints, motion), f"{header['NumMarkers']} markers in {header['Units']} at {header['DataRate']}")


def check_anim(path: Path, motion: Motion, character: Character) -> Iterator[Row]:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.add_multi_constructor("tag:unity3d.com,2011:", lambda loader, _, node: loader.construct_mapping(node, deep=True))
    clip = yaml.load(path.read_text(encoding="utf-8"), Loader)["AnimationClip"]
    places = {name: joint for joint, name in enumerate(transform_paths(character))}
    tracks = {}
    # UniVRM mirrors z of VRM 0.x, all other importers mirror x.
    mirrors = ([-1, -1, 1, 1], [1, 1, -1]) if character.document and "VRM" in character.document.json.get("extensions", {}) else ([1, -1, -1, 1], [-1, 1, 1])
    for field, channel, mirror in zip(("m_RotationCurves", "m_PositionCurves"), ("rotation", "translation"), mirrors, strict=True):
        for curve in clip[field]:
            keys = curve["curve"]["m_Curve"]
            values = np.array([[key["value"][axis] for axis in "xyzw"[: len(mirror)]] for key in keys]) * mirror
            tracks[places[curve["path"]], channel] = np.stack([np.interp(motion.timestamps, [key["time"] for key in keys], column) for column in values.T], axis=1)
    body, hips = [], motion.skeleton.index(character.humanoid["hips"])
    for joint, parent in enumerate(motion.skeleton.parents):
        body += [joint] if joint == hips or parent in body else []
    moved, ours = nodes_moved(character, tracks, len(motion)), motion.joint_positions()
    apart = float(np.linalg.norm((moved - ours)[:, body], axis=-1).max())  # what does not hang on the hips stays where the file has it
    yield Row(path.suffix, "PyYAML", apart, f"{len(tracks)} curves at {clip['m_SampleRate']:g}")


def nodes_moved(character: Character, tracks: dict[tuple[int, str], NDArray[np.float64]], frames: int) -> NDArray[np.float64]:
    """World positions of the joints (T, J, 3) when the nodes of the character's file are moved, as an engine does it: matrix by matrix."""
    from posewright.character.gltf import Gltf
    from posewright.formats.gltf_tracks import node_scale
    from posewright.geometry import quat_conjugate, quat_rotate, quat_to_matrix

    document = character.document
    assert document is not None
    gltf = Gltf(Path(character.name), dict(document.json), document.binary)
    parents, rest, nodes = gltf.parents(), gltf.local_matrices(), list(document.joint_nodes)

    def world(node: int) -> NDArray[np.float64]:
        local = np.tile(rest[node], (frames, 1, 1))
        joint = nodes.index(node) if node in nodes else -1
        if (joint, "rotation") in tracks:
            local[:, :3, :3] = quat_to_matrix(tracks[joint, "rotation"]) * node_scale(gltf.items("nodes")[node])
        if (joint, "translation") in tracks:
            local[:, :3, 3] = tracks[joint, "translation"]
        return local if parents[node] < 0 else world(parents[node]) @ local

    return np.asarray(quat_rotate(quat_conjugate(document.file_from_world), np.stack([world(node)[:, :3, 3] for node in nodes], axis=1)))


def check_gltf(path: Path, npm: Path, source: Path | None) -> Row:
    """What the Khronos validator says, beyond what it says of the character's own file."""
    issues, version = validated(path, npm)
    own = validated(source, npm)[0] if source and issues["numErrors"] else {"numErrors": 0}
    new = issues["numErrors"] - own["numErrors"]
    further = f"{new} errors" + (f" beyond the {own['numErrors']} of the character's own file" if own["numErrors"] else "") + f", {issues['numWarnings']} warnings"
    return Row(path.suffix, f"Khronos validator {version}", None, further, new > 0)


def validated(path: Path, npm: Path) -> tuple[dict[str, Any], str]:
    """The validator's issues and version. It reads binary files; one of text counts as without errors of its own."""
    if path.suffix.lower() == ".gltf":
        return {"numErrors": 0}, ""
    answer = subprocess.run(["node", "-e", VALIDATE, str(path)], env=os.environ | {"NODE_PATH": str(npm.resolve() / "node_modules")}, capture_output=True, text=True, check=True)
    report = json.loads(answer.stdout)
    return report["issues"], report["validatorVersion"]


def check_in_blender(path: Path, motion: Motion, blender: str) -> Row:
    """Where Blender's import has the joints, whose names there are the identifiers of the file."""
    out = path.with_name("blender.npz")
    script = Path(__file__).with_name("blender_usd_joints.py")
    subprocess.run([blender, str(script), str(path), str(len(motion)), str(out)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = np.load(out)
    bones = [str(name) for name in seen["names"]]
    order = [bones.index(name) for name in unique_identifiers(motion.skeleton.joints, "joint")]
    return Row(path.suffix, "Blender", off(seen["positions"][:, order], motion))


CHECKS: dict[str, Check] = {".usda": check_usd, ".usdc": check_usd, ".c3d": check_c3d, ".trc": check_trc, ".anim": check_anim}


def rows_of(character: Character, file: Path | None, source: Motion, npm: Path | None, blender: str | None, folder: Path) -> Iterator[Row]:
    """What every reader finds of a motion on one character."""
    motion = on_character(source, character)
    for suffix, check in CHECKS.items():
        (path,) = write(folder / f"moved{suffix}", motion, character=character)
        yield from check(path, motion, character)
        if blender and suffix == ".usdc":
            yield check_in_blender(path, motion, blender)
    if npm is None:
        return
    for suffix in (".glb", ".vrma", ".vrm"):
        try:
            (path,) = write(folder / f"moved{suffix}", motion, character=character)
        except UsageError as error:
            yield Row(suffix, "", None, "refused: " + str(error).rpartition(f"moved{suffix}: ")[2].partition(". ")[0])
        else:
            yield check_gltf(path, npm, file)
    if (vrm := file if file and file.suffix.lower() == ".vrm" else folder / "moved.vrm").is_file():
        frames = np.unique(np.linspace(0, len(motion) - 1, 9).round().astype(int))
        for kind, apart, degrees, problems in check_three_vrm.measure(vrm, motion, character, frames, npm / "node_modules", None):
            further = "" if degrees is None else f"normalised rotations off by {degrees:.3f} degrees"
            yield Row(kind, "three-vrm", apart, further, bool(problems))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=Path, help="a motion file")
    parser.add_argument("characters", nargs="*", type=Path, help="characters to drive")
    parser.add_argument("--npm", type=Path, help="folder into which npm installed what is named above")
    parser.add_argument("--blender", help="a Python that has bpy, for .usdc")
    parser.add_argument("-o", "--output", type=Path, help="the page to write")
    options = parser.parse_args()
    source = read_motion(options.motion)
    source = source.sliced(0, min(FRAMES, len(source)))
    page, failed = [], []
    for file in [None, *options.characters]:
        character = read_character(file) if file else default_character()
        with tempfile.TemporaryDirectory() as folder:
            for row in rows_of(character, file, source, options.npm, options.blender, Path(folder)):
                wrong = row.failed or (row.off_m is not None and row.off_m > LIMIT_M)
                joints = "" if row.off_m is None else f"{1000 * row.off_m:.4f}"
                page.append(f"| {character.name} | {row.suffix} | {row.reader} | {joints} | {row.further}{' **failed**' if wrong else ''} |")
                print(page[-1])
                failed += [page[-1]] * wrong
    if options.output:
        options.output.write_text(header(options, len(source)) + "\n".join(page) + "\n", encoding="utf-8")
    raise SystemExit(1 if failed else 0)


def header(options: Namespace, frames: int) -> str:
    """The page's beginning: what was measured, how and with what."""
    import ezc3d
    from pxr import Usd

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    versions = f"usd-core {'.'.join(map(str, Usd.GetVersion()))}, ezc3d {ezc3d.__version__}"
    command = f"python tools/check_formats.py {options.motion.name} CHARACTER... --npm build/npm --blender PYTHON -o docs/results/formats.md"
    return HEADER.format(
        frames=frames, motion=f"`{options.motion.name}`", command=command, commit=commit, date=datetime.date.today().isoformat(),
        machine=f"{platform.machine()}, two cores", python=platform.python_version(), versions=versions,
    )  # fmt: skip


if __name__ == "__main__":
    main()
