from __future__ import annotations

import numpy as np
import pytest

from posewright.character import default_character, retarget, skin
from posewright.skeletons import reference_skeleton
from posewright.types import Camera, Motion
from posewright.view.picture import contact_sheet, framing_camera, render_character
from tests.strategies import random_motion


def t_pose() -> Motion:
    skeleton = reference_skeleton()
    return Motion(skeleton, skeleton.rest_rotations[None].repeat(20, 0), skeleton.rest_offsets[:1].repeat(20, 0), 10.0)


@pytest.mark.parametrize("azimuth", [0.0, 35.0, -120.0, 180.0])
@pytest.mark.parametrize("size", [(200, 320), (320, 200)])
def test_framing_holds_all_points_and_no_more(azimuth: float, size: tuple[int, int]) -> None:
    points = np.random.default_rng(0).normal(size=(200, 3)) * [0.5, 0.9, 0.4] + [3.0, 1.0, -2.0]
    pixels = framing_camera(points, size, azimuth, margin=0.1).project(points)
    free = np.concatenate([pixels.min(0) / size, 1.0 - pixels.max(0) / size])
    assert free.min() == pytest.approx(0.1, abs=0.001)  # it touches the margin somewhere and passes it nowhere
    np.testing.assert_allclose(free[:2], free[2:], atol=0.05)  # and is in the middle


def test_azimuth_goes_round_the_left_side() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    for azimuth, towards in ((0.0, [0, 0, 1]), (90.0, [1, 0, 0]), (180.0, [0, 0, -1])):
        camera = framing_camera(points, (100, 100), azimuth, elevation_deg=0.0)
        np.testing.assert_allclose(camera.T_world_camera[:3, 2], -np.array(towards), atol=1e-9)
        np.testing.assert_allclose(camera.T_world_camera[:3, 1], [0, -1, 0], atol=1e-9)


def test_draws_the_character_where_the_camera_sees_it() -> None:
    character = default_character()
    motion = retarget(t_pose(), character)
    positions, normals = skin(character, motion, 0)
    camera = framing_camera(positions, (320, 300), 0.0)
    picture = render_character(character, positions, normals, camera, floor=False)
    assert picture.shape == (300, 320, 3)
    assert picture.dtype == np.uint8

    empty = render_character(character, positions + np.array([0.0, 0.0, 1000.0]), normals, camera, floor=False)
    drawn = np.abs(picture.astype(int) - empty).max(-1) > 12
    pixels = camera.project(positions)
    columns, rows = drawn.any(0).nonzero()[0], drawn.any(1).nonzero()[0]
    np.testing.assert_allclose([columns.min(), rows.min()], pixels.min(0), atol=3)
    np.testing.assert_allclose(columns.max(), pixels[:, 0].max(), atol=3)

    def colour(bone: str) -> np.ndarray:
        x, y = camera.project(motion.joint_positions()[0, character.skeleton.index(bone)]).astype(int)
        return picture[y, x].astype(int)

    red, green, blue = colour("chest")
    assert red > green + 40 > blue + 40  # the orange shirt
    red, green, blue = colour("leftLowerLeg")
    assert blue > red + 15  # dark blue trousers


def test_floor_is_left_out_on_demand() -> None:
    character = default_character()
    positions, normals = skin(character, retarget(t_pose(), character), 0)
    camera = framing_camera(positions, (160, 160), 30.0)
    bare, floor = (render_character(character, positions, normals, camera, floor=f) for f in (False, True))
    assert (bare[:8] == floor[:8]).all()  # the sky is the same
    assert (bare[120:, :20].std(axis=1) < 1).all()  # a plain backdrop
    assert np.abs(bare.astype(int) - floor).max() > 25  # shadow


def test_size_is_independent_of_the_cameras() -> None:
    character = default_character()
    positions, normals = skin(character, retarget(t_pose(), character), 0)
    camera = framing_camera(positions, (200, 100), 0.0)
    small, large = (render_character(character, positions, normals, camera, size) for size in ((100, 50), (200, 100)))
    halved = large.reshape(50, 2, 100, 2, 3).mean((1, 3))
    assert np.abs(halved - small).mean() < 4


def test_lower_level_cameras_see_no_floor() -> None:
    character = default_character()
    positions, normals = skin(character, retarget(t_pose(), character), 0)
    camera = Camera.from_fov((64, 64), 50.0)
    pose = camera.T_world_camera.copy()
    pose[:3, 3] = [0.0, -1.0, 3.0]
    below = render_character(character, positions, normals, Camera(camera.image_size, camera.focal, camera.centre, (), pose))
    assert np.isfinite(below).all()


def test_contact_sheet_shows_each_moment_whole() -> None:
    character = default_character()
    motion = random_motion(3, frames=40, angle=0.5)
    sheet = contact_sheet(character, motion, size=(640, 320))
    assert sheet.shape == (320, 640, 3)
    panels = sheet.reshape(320, 4, 160, 3).swapaxes(0, 1).astype(int)
    for panel in panels:
        middle = panel[60:260, 40:120]
        assert middle.std((0, 1)).max() > 20  # somebody is there
        assert np.abs(panel[20:300, 0] - panel[20:300, 2]).max() < 25  # and is not cut off at the side
    assert np.abs(panels[0] - panels[2]).max() > 60  # another moment


def test_contact_sheet_takes_frames_and_both_kinds_of_motion() -> None:
    character = default_character()
    motion = random_motion(1, frames=12)
    given = contact_sheet(character, motion, moments=[0, 11], size=(240, 160))
    np.testing.assert_array_equal(given, contact_sheet(character, retarget(motion, character), moments=[0, 11], size=(240, 160)))
    assert given.shape == (160, 240, 3)
    with pytest.raises(ValueError, match="at least one moment"):
        contact_sheet(character, motion, moments=0)
