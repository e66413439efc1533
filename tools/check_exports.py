"""Write a motion as GLB, BVH, FBX and .blend, and have other people's programs read them back.

    npm install --prefix build/validator gltf-validator
    python -m venv build/blender && build/blender/bin/pip install bpy        # Python 3.11
    apt-get install assimp-utils
    python tools/check_exports.py [MOTION] --validator build/validator --blender build/blender/bin/python --assimp assimp

MOTION is any file that `posewright.read_motion` reads; without it a motion made here is used. It is put on the default
character. The Khronos validator must find no error in the GLB, and it must hold one skin and one animation as long as
the clip; Blender's joints in all files, by both of its FBX importers, must be ours within 1 mm in every frame, and assimp's
in the FBX at every tenth. What is not installed is left out,
saying so. Ends with 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from assimp_joints import read_fbx
from numpy.typing import NDArray

from posewright.character import default_character
from posewright.formats import BONE_NAMES, on_character, read_motion, write
from posewright.formats.blender import write_blend, write_fbx
from posewright.formats.export import Export
from posewright.formats.names import with_humanoid_names
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import reference_skeleton
from posewright.types import Motion

VALIDATE = """
const validator = require('gltf-validator');
validator.validateBytes(new Uint8Array(require('fs').readFileSync(process.argv[1])))
  .then(report => console.log(JSON.stringify(report)));
"""
LIMIT_M = 0.001


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", nargs="?", help="a motion file")
    parser.add_argument("--validator", type=Path, help="folder into which npm installed gltf-validator")
    parser.add_argument("--blender", help="a Python that has bpy")
    parser.add_argument("--assimp", help="the assimp program")
    options = parser.parse_args()
    source = read_motion(options.motion) if options.motion else swinging_motion()
    source = replace(source, skeleton=with_humanoid_names(source.skeleton))
    character = default_character()
    on_body = on_character(source, character)
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        glb, bvh = Path(folder) / "x.glb", Path(folder) / "x.bvh"
        write(glb, on_body, character=character)
        write(bvh, source, bone_names="mixamo")
        print(f"{len(source)} frames at {source.fps:g} a second; GLB {glb.stat().st_size / 1e6:.2f} MB, BVH {bvh.stat().st_size / 1e6:.2f} MB")
        if options.validator:
            failures += validate(glb, options.validator)
        else:
            print("validator: left out (no --validator)")
        if options.blender:
            failures += compare(options.blender, glb, on_body, {})
            failures += compare(options.blender, bvh, source, BONE_NAMES["mixamo"])
            os.environ["POSEWRIGHT_BLENDER"] = options.blender
            export = Export((on_body,), character=character)
            write_fbx(Path(folder) / "x.fbx", export)
            write_blend(Path(folder) / "x.blend", export)
            for file, importer in (("x.fbx", ""), ("x.fbx", "new"), ("x.blend", "")):
                failures += compare(options.blender, Path(folder) / file, on_body, {}, importer)
            if options.assimp:
                failures += compare_assimp(options.assimp, Path(folder) / "x.fbx", on_body)
        else:
            print("Blender: left out (no --blender)")
    for failure in failures:
        print("FAILED", failure)
    raise SystemExit(1 if failures else 0)


def swinging_motion(frames: int = 90, fps: float = 30.0) -> Motion:
    """All joints swing about random axes while the body turns right round."""
    random = np.random.default_rng(0)
    skeleton = reference_skeleton(fingers=True)
    time = np.arange(frames)[:, None, None] / fps
    swing = 0.5 * random.normal(size=(1, len(skeleton), 3)) * np.sin(2 * np.pi * time * random.uniform(0.3, 1.2, (1, len(skeleton), 1)))
    swing[:, 0] = np.linspace(0, 2 * np.pi, frames)[:, None] * [0.0, 1.0, 0.0]
    path = np.array([0.0, 0.95, 0.0]) + np.linspace(0, 1, frames)[:, None] * [0.5, 0.0, 1.5]
    return Motion(skeleton, quat_from_rotvec(swing), path, fps, name="swing")


def validate(glb: Path, folder: Path) -> list[str]:
    """What the Khronos validator says of a GLB."""
    answer = subprocess.run(["node", "-e", VALIDATE, str(glb)], env=os.environ | {"NODE_PATH": str(folder.resolve() / "node_modules")}, capture_output=True, text=True, check=True)
    report = json.loads(answer.stdout)
    issues, info = report["issues"], report["info"]
    print(f"validator {report['validatorVersion']}: {issues['numErrors']} errors, {issues['numWarnings']} warnings, {issues['numInfos']} infos; {info['animationCount']} animation")
    for message in issues["messages"]:
        print("  ", message["code"], message.get("pointer", ""), message["message"])
    return ["the validator found errors"] * bool(issues["numErrors"]) + ["not one animation"] * (info["animationCount"] != 1)


def compare_assimp(program: str, file: Path, motion: Motion) -> list[str]:
    """How far assimp's joints are from ours."""
    frames = list(range(0, len(motion), 10))
    scene = read_fbx(file, motion.fps, frames, program)
    found = np.stack([scene.places[joint] for joint in motion.skeleton.joints], axis=1)
    error = float(np.linalg.norm(found - motion.joint_positions()[frames], axis=-1).max())
    turned = max(float(np.abs(matrix - np.eye(4)).max()) for matrix in scene.tops.values())
    print(f"assimp, .fbx: joints off by at most {1000 * error:.4f} mm; takes {', '.join(scene.takes)} of {scene.seconds:.3f} s; topmost nodes off identity by {turned:.1g}")
    return ["assimp: joints off"] * (error > LIMIT_M) + ["assimp: the topmost nodes are scaled or turned"] * (turned > 1e-5)


def compare(blender: str, file: Path, motion: Motion, names: dict[str, str], importer: str = "") -> list[str]:
    """How far Blender's joints are from ours; `names` are the joints' names in the file."""
    out = file.with_suffix(".npz")
    script = Path(__file__).with_name("blender_joints.py")
    subprocess.run([blender, str(script), str(file), repr(motion.fps), str(len(motion)), str(out), importer], check=True, stdout=subprocess.DEVNULL)
    seen = np.load(out)
    bones = list(seen["names"])
    found = seen["positions"][:, [bones.index(names.get(joint, joint)) for joint in motion.skeleton.joints]]
    errors: NDArray[np.float64] = np.linalg.norm(found - motion.joint_positions(), axis=-1)
    late = abs(float(seen["seconds"]) - motion.duration)
    reader = f"Blender, {file.suffix}{' by its newer importer' * (importer == 'new')}"
    held = f"{seen['armatures']} armature, {seen['actions']} action of {float(seen['seconds']):.3f} s"
    print(f"{reader}: joints off by at most {1000 * errors.max():.4f} mm; {held}")
    failures = [f"{file.suffix}: joints off by {1000 * errors.max():.2f} mm"] * bool(errors.max() > LIMIT_M)
    failures += [f"{file.suffix}: the animation's length is off by {late:.3f} s"] * (late > 1 / motion.fps)
    return failures + [f"{file.suffix}: {seen['armatures']} armatures and {seen['actions']} actions"] * (int(seen["armatures"]) != 1 or int(seen["actions"]) != 1)


if __name__ == "__main__":
    main()
