"""Characters and errors of files that only Blender reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posewright.character import blender, read_character
from posewright.character.blender import read_through_blender
from posewright.errors import CharacterError, InputError, UsageError
from posewright.formats.blender import write_fbx
from posewright.formats.export import Export
from posewright.formats.glb import write_glb
from posewright.formats.gltf_motion import read_gltf_motion
from posewright.skeletons import reference_skeleton
from tests.blender_here import needs_blender
from tests.formats.samples import box_character, random_motion


def test_a_body_comes_back_upright_in_metres(tmp_path: Path) -> None:
    needs_blender()
    character = box_character(reference_skeleton(fingers=False))
    write_fbx(tmp_path / "hero.fbx", Export((random_motion(character.skeleton, frames=3),), character=character))
    back = read_character(tmp_path / "hero.fbx")
    assert back.name == "hero"
    assert back.humanoid.keys() == character.humanoid.keys()
    there, here = character.skeleton.rest_pose()[0], back.skeleton.rest_pose()[0]
    for joint, name in enumerate(character.skeleton.joints):
        np.testing.assert_allclose(here[back.skeleton.index(name)], there[joint], atol=1e-4)
    corners = np.concatenate([mesh.positions for mesh in back.meshes])
    np.testing.assert_allclose(corners.min(0), character.meshes[0].positions.min(0), atol=1e-4)
    np.testing.assert_allclose(corners.max(0), character.meshes[0].positions.max(0), atol=1e-4)


def test_what_is_cut_short_or_no_fbx(tmp_path: Path) -> None:
    needs_blender()
    path = tmp_path / "broken.fbx"
    path.write_bytes(b"Kaydara FBX Binary  \x00\x1a\x00\xe8\x1c\x00\x00" + bytes(40))
    with pytest.raises(CharacterError, match=r"cannot read .*broken\.fbx"):
        read_character(path)


def test_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match=r"cannot read .*gone\.fbx: No such file"):
        read_character(tmp_path / "gone.fbx")
    with pytest.raises(InputError, match=r"gone\.blend"):
        read_gltf_motion(tmp_path / "gone.blend")


def test_without_blender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hero.fbx").write_bytes(b"x")
    monkeypatch.setenv("POSEWRIGHT_BLENDER", "no/such/program")
    with pytest.raises(UsageError, match="POSEWRIGHT_BLENDER"):
        read_character(tmp_path / "hero.fbx")


@pytest.mark.parametrize("suffix", [".fbx", ".FBX", ".blend"])
def test_errors_and_names_are_the_users_files(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Blender hands over lies in a folder of its own, of which the user hears nothing."""
    character = box_character(reference_skeleton(fingers=False))
    jobs: list[dict[str, Any]] = []

    def run(job: dict[str, Any], doing: str, failure: type, timeout_s: float) -> dict[str, Any]:
        jobs.append(job)
        write_glb(Path(job["out"]), Export((random_motion(character.skeleton, frames=30, fps=30),), character=character))
        return {"fps": 24000 / 1001}

    monkeypatch.setattr(blender, "run_blender", run)
    path = tmp_path / f"hero{suffix}"
    path.write_bytes(b"x")
    assert read_through_blender(path).path == path
    assert read_character(path).name == "hero"
    motion = read_gltf_motion(path)
    assert (motion.name, len(motion), motion.fps) == ("swing", 30, 24000 / 1001)
    assert [job["motion"] for job in jobs] == [False, False, True]
