from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from posewright.character import retarget
from posewright.errors import UsageError
from posewright.geometry import quat_conjugate, quat_from_rotvec, quat_multiply, quat_rotate
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.study.authored import walk_wave
from posewright.study.render import Renderer, Room
from posewright.study.scene import Actor, body_motion, body_skeleton, frames, look_at, random_room, render_clip
from posewright.types import Character, Motion
from tests.study.bodies import boxes


def twisted(seed: int) -> Character:
    """The same T-pose on a rig whose bones have other names and axes of their own."""
    skeleton = reference_skeleton(1.6)
    worlds = quat_from_rotvec(np.random.default_rng(seed).normal(0.0, 1.0, (len(skeleton), 3)))
    worlds[0] = [0.0, 0.0, 0.0, 1.0]
    parents = np.array(skeleton.parents)
    local = np.concatenate([worlds[:1], quat_multiply(quat_conjugate(worlds[parents[1:]]), worlds[1:])])
    offsets = np.concatenate([skeleton.rest_offsets[:1], quat_rotate(quat_conjugate(worlds[parents[1:]]), skeleton.rest_offsets[1:])])
    rig = Skeleton(tuple("b_" + joint for joint in skeleton.joints), skeleton.parents, offsets, local)
    body = boxes(rig, float(skeleton.rest_pose()[0][:, 1].min()))  # as thick as lets the toes stand on the floor
    return Character("twisted", rig, body.meshes, body.materials, {bone: "b_" + bone for bone in skeleton.joints})


def test_look_at_puts_the_target_in_the_middle_and_up_on_top() -> None:
    camera = look_at((1.0, 1.5, 4.0), (0.0, 0.9, 0.2), (640, 360), 50.0)
    assert camera.project(np.array([0.0, 0.9, 0.2])) == pytest.approx([320.0, 180.0])
    assert camera.project(np.array([0.0, 1.2, 0.2]))[1] < 180.0
    assert camera.project(np.array([0.3, 0.9, 0.2]))[0] > 320.0
    rolled = look_at((1.0, 1.5, 4.0), (0.0, 0.9, 0.2), (640, 360), 50.0, roll_deg=10.0)
    assert rolled.project(np.array([0.0, 1.2, 0.2]))[0] < 320.0  # the camera turns clockwise, so the world leans to the left


def test_body_motion_is_where_the_rig_is() -> None:
    character = twisted(1)
    moved = retarget(walk_wave(body_skeleton(character)), character)
    motion = body_motion(Actor(character, moved))
    on_rig = moved.joint_positions()[:, [character.skeleton.index(character.humanoid[bone]) for bone in motion.skeleton.joints]]
    assert np.abs(motion.joint_positions() - on_rig).max() < 1e-9
    assert np.abs(motion.joint_positions() - walk_wave(body_skeleton(character)).joint_positions()).max() < 1e-6


def test_rooms_are_seeded_and_differ() -> None:
    assert random_room(5) == random_room(5)
    assert len({random_room(seed).floor_colour for seed in range(8)}) == 8


def test_clip_and_truth_agree(renderer: Renderer, box_man: Character, tmp_path: Path) -> None:
    motion = walk_wave(box_man.skeleton).sliced(0, 6)
    camera = look_at((0.3, 1.2, 4.6), (0.0, 0.9, 0.0), (160, 120))
    seen: list[int] = []
    truth = render_clip(tmp_path / "clip.mp4", [Actor(box_man, motion)], camera, random_room(1), progress=lambda stage, done, total: seen.append(done))
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 6 == len(truth.people[0].motion)
        assert float(container.streams.video[0].average_rate or 0) == pytest.approx(30.0)
    assert seen == [1, 2, 3, 4, 5, 6]
    assert truth.people[0].keypoints.xy == pytest.approx(camera.project(motion.joint_positions()), abs=1e-3)


def test_a_scene_with_two_people_and_one_without_anybody(renderer: Renderer, box_man: Character) -> None:
    camera = look_at((0.0, 1.2, 4.6), (0.0, 0.9, 0.0), (160, 120))
    motion = walk_wave(box_man.skeleton).sliced(100, 101)
    aside = Motion(motion.skeleton, motion.rotations, motion.root_translation + np.array([1.0, 0.0, 0.0]), motion.fps)
    alone = next(frames([Actor(box_man, motion)], camera, Room())).astype(int)
    both = next(frames([Actor(box_man, motion), Actor(box_man, aside)], camera, Room())).astype(int)
    assert np.abs(both - alone)[:, 100:].max() > 60
    with pytest.raises(UsageError, match="at least one actor"):
        next(frames([], camera, Room()))
    with pytest.raises(UsageError, match="same length"):
        next(frames([Actor(box_man, motion), Actor(box_man, walk_wave(box_man.skeleton))], camera, Room()))
