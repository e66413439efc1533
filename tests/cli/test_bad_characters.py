"""Characters that are no good, through the commands that take one: one line of error, exit status 1, nothing written."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from posewright.character import read_character
from posewright.cli import app
from posewright.formats import read_motion, write
from posewright.skeletons import Skeleton, reference_skeleton
from tests.character.files import RigFile
from tests.character.rigs import write_file
from tests.character.test_bad_files import two_bodies
from tests.formats.samples import random_motion

runner = CliRunner()


def no_skin() -> RigFile:
    rig = RigFile()
    del rig.document["skins"], rig.node("body")["skin"]
    return rig


def bare_bones(names: Sequence[str], parents: Sequence[int], offsets: Sequence[tuple[float, float, float]]) -> RigFile:
    return RigFile(Skeleton(tuple(names), tuple(parents), np.array(offsets), np.tile([0.0, 0.0, 0.0, 1.0], (len(names), 1))))


def cat() -> RigFile:
    """Four legs below a level back, a tail, and names that say so."""
    bones = {
        "pelvis": ("", (0.0, 0.3, -0.2)),
        "back": ("pelvis", (0.0, 0.0, 0.2)),
        "shoulders": ("back", (0.0, 0.0, 0.2)),
        "nape": ("shoulders", (0.0, 0.05, 0.1)),
        "skull": ("nape", (0.0, 0.02, 0.1)),
        "tail1": ("pelvis", (0.0, 0.05, -0.1)),
        "tail2": ("tail1", (0.0, 0.05, -0.15)),
    }
    for side, x in (("l", 0.06), ("r", -0.06)):
        for end, base in (("front", "shoulders"), ("back", "pelvis")):
            bones |= {
                f"{end}_a_{side}": (base, (x, -0.02, 0.0)),
                f"{end}_b_{side}": (f"{end}_a_{side}", (0.0, -0.13, 0.02)),
                f"{end}_c_{side}": (f"{end}_b_{side}", (0.0, -0.13, -0.02)),
            }
            bones |= {f"{end}_paw_{side}": (f"{end}_c_{side}", (0.0, -0.01, 0.03))}
    names = tuple(bones)
    return bare_bones(names, [names.index(parent) if parent else -1 for parent, _ in bones.values()], [offset for _, offset in bones.values()])


def cyclic() -> RigFile:
    rig = RigFile()
    rig.node("leftHand")["children"] = [0]
    return rig


def compressed(extension: str) -> RigFile:
    rig = RigFile()
    rig.document |= {"extensionsUsed": [extension], "extensionsRequired": [extension]}
    return rig


def no_hips() -> RigFile:
    """An arm in a museum."""
    return bare_bones(("shelf", "upper", "fore", "hand", "finger"), [-1, 0, 1, 2, 3], [(0.3 * bool(i), 0.0, 0.0) for i in range(5)])


def truncated(path: Path) -> None:
    data = RigFile().write(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def claims_two_gigabytes(path: Path) -> None:
    document = {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 2**31}], "nodes": [{"name": "hips"}], "scenes": [{"nodes": [0]}]}
    write_file(path, document, bytes(900))


def header_claims_two_gigabytes(path: Path) -> None:
    path.write_bytes(struct.pack("<4s4I", b"glTF", 2, 2**31, 2**31 - 20, 0x4E4F534A) + json.dumps({"asset": {"version": "2.0"}}).encode().ljust(1000))


BAD: dict[str, tuple[Callable[[], RigFile] | Callable[[Path], None], str]] = {
    "no skin": (no_skin, "no skin"),
    "two skeletons": (lambda: two_bodies(True), "holds 2 skeletons of people"),
    "a cat": (cat, "no bone for"),
    "cyclic parents": (cyclic, "its own ancestor"),
    "Draco": (lambda: compressed("KHR_draco_mesh_compression"), "@gltf-transform/cli"),
    "meshopt": (lambda: compressed("EXT_meshopt_compression"), "@gltf-transform/cli"),
    "no hips": (no_hips, "no bone for hips"),
    "truncated": (truncated, "cut short"),
    "a buffer of 2 GB": (claims_two_gigabytes, "claims 2147483648 bytes"),
    "a file of 2 GB": (header_claims_two_gigabytes, "cut short"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG and no more"), "not a binary glTF"),
    "nothing": (lambda path: path.write_bytes(b""), "not a binary glTF"),
}
COMMANDS = {
    "retarget": ["retarget", "walk.npz", "--character", "hero.glb", "-o", "out.glb", "-o", "out.bvh", "--bone-names", "vrm"],
    "animate": ["animate", "clip.mp4", "--character", "hero.glb", "-o", "out.glb"],
    "inspect": ["character", "inspect", "hero.glb", "--picture", "out.png"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", BAD)
def test_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = BAD[case]
    _write(make, Path("hero.glb"))
    if command == "retarget":
        write("walk.npz", random_motion(reference_skeleton(), frames=2, fps=30.0))
    before = sorted(path.name for path in tmp_path.iterdir())
    result = runner.invoke(app, COMMANDS[command])
    assert result.exit_code == 1, result.output
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert line.startswith("error: ")
    assert words in line
    assert "hero.glb" in line
    after = sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in after if name != "out.png"] == before
    assert "out.png" not in after or "no bone for" in words  # what is no humanoid can be looked at all the same


def _write(make: Callable[..., RigFile | int | None], path: Path) -> None:
    try:
        made = make()
    except TypeError:
        made = make(path)
    if isinstance(made, RigFile):
        made.write(path)


def japanese() -> RigFile:
    rig = RigFile()
    words = {"hips": "センター", "spine": "上半身", "leftUpperArm": "左腕", "rightUpperArm": "右腕"}
    for node in rig.document["nodes"][: rig.count]:
        node["name"] = words.get(node["name"], node["name"])
    return rig


def unit_or_not() -> RigFile:
    rig = RigFile()
    for i, node in enumerate(rig.document["nodes"][: rig.count]):
        node["rotation"] = [(1.0 + 0.3 * (i % 3)) * value for value in node["rotation"]]
    return rig


def mirrored() -> RigFile:
    rig = RigFile()
    rig.node("leftLowerArm")["scale"] = [-1.0, 1.0, 1.0]
    rig.bind()
    return rig


def twice_the_name() -> RigFile:
    rig = RigFile()
    rig.node("rightLittleDistal")["name"] = "head"
    return rig


@pytest.mark.parametrize("make", [japanese, unit_or_not, mirrored, twice_the_name])
def test_odd_but_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[], RigFile]) -> None:
    monkeypatch.chdir(tmp_path)
    make().write(Path("hero.glb"))
    write("walk.npz", random_motion(reference_skeleton(), frames=2, fps=30.0))
    result = runner.invoke(app, COMMANDS["retarget"])
    assert result.exit_code == 0, result.output
    hero = read_character("hero.glb")
    assert {hero.humanoid[bone] for bone in ("hips", "leftHand")} <= {*read_motion("out.bvh").skeleton.joints}
    assert len(read_motion("out.glb")) == 2
