"""Every character that lies beside the project, driven by recorded motion and written back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posewright.character import read_character, retarget, with_contacts
from posewright.character.contacts import foot_points
from posewright.character.gltf import read_gltf
from posewright.character.stance import Body
from posewright.errors import CharacterError
from posewright.formats import read_motion
from posewright.formats.export import Export
from posewright.formats.glb import write_glb
from posewright.geometry import normalize
from posewright.study.mocap import read_mocap
from posewright.types import Motion
from tests.character.test_retarget import LIMBS
from tests.conftest import SHARED
from tests.formats.test_glb_document import plain_worlds

FILES = sorted(path for path in (SHARED / "characters").glob("*/*") if path.suffix in (".glb", ".gltf", ".vrm"))
WITHOUT_BONES = ("human-a-pose.glb", "model-human.glb", "human-mannequin.glb")


@pytest.fixture(scope="module")
def motion(shared: Path) -> Motion:
    recording = next(read_mocap(shared / "mocap" / "cmu_test.npz", names=["131_05"]))
    return with_contacts(recording.motion).sliced(60, 160)


@pytest.mark.skipif(not FILES, reason="../shared/characters is not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_driven_and_written(path: Path, motion: Motion, tmp_path: Path) -> None:
    if path.name in WITHOUT_BONES:
        with pytest.raises(CharacterError, match="no skin"):
            read_character(path)
        return
    character = read_character(path)
    loose = retarget(motion, character, pin=False, clear=False)
    at, theirs = loose.joint_positions(), motion.joint_positions()
    for a, b in LIMBS:
        if {a, b} <= character.humanoid.keys():
            here = normalize(at[:, loose.skeleton.index(character.humanoid[b])] - at[:, loose.skeleton.index(character.humanoid[a])])
            there = normalize(theirs[:, motion.skeleton.index(b)] - theirs[:, motion.skeleton.index(a)])
            assert np.degrees(np.arccos(np.clip((here * there).sum(-1), -1, 1))).max() < 1.0, (a, b)
    result = retarget(motion, character)
    body = Body.of(character)
    if "leftFoot" in body.joint:
        assert motion.contacts is not None
        assert np.abs(foot_points(result, body)[..., 1][motion.contacts > 0.8]).max() < 0.06 * body.leg_height
    write_glb(tmp_path / "out.glb", Export((result,), character=character))
    before, after = read_gltf(path), read_gltf(tmp_path / "out.glb")
    assert bytes(after.binary[: len(before.binary)]) == bytes(before.binary)
    assert character.document is not None
    found = plain_worlds(after, 50 / motion.fps)[list(character.document.joint_nodes), :3, 3]
    below = [body.joint["hips"]]  # what lies above the hips stays at home in the file
    below += [i for i in range(len(found)) if any(j in below for j in _ancestors(result, i))]
    np.testing.assert_allclose(found[below], result.joint_positions()[50][below], atol=2e-5 * max(body.leg_height, 1.0))
    back = read_motion(tmp_path / "out.glb")
    np.testing.assert_allclose(back.joint_positions()[50][below], result.joint_positions()[50][below], atol=2e-5 * max(body.leg_height, 1.0))


def _ancestors(motion: Motion, joint: int) -> list[int]:
    chain = [joint]
    while motion.skeleton.parents[chain[-1]] >= 0:
        chain.append(motion.skeleton.parents[chain[-1]])
    return chain
