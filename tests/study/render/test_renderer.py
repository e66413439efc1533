from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posewright.character import skin
from posewright.errors import UsageError
from posewright.geometry import quat_from_rotvec
from posewright.skeletons import Skeleton, reference_skeleton
from posewright.study.render import Figure, Renderer, Room
from posewright.study.scene import look_at
from posewright.types import Camera, Character, Motion
from tests.study.bodies import boxes

SIZE = (320, 240)
DARK = Room(image=np.zeros((2, 2, 3), dtype=np.uint8), sky=1.0, sun=1.0)


def at_rest(character: Character) -> Figure:
    skeleton = character.skeleton
    return Figure(character, *skeleton.forward(skeleton.rest_rotations, skeleton.rest_offsets[0]))


def dot(point: np.ndarray, half: float, **colour: tuple[float, float, float]) -> Character:
    return boxes(Skeleton(("hips",), (-1,), np.array([point]), np.array([[0.0, 0.0, 0.0, 1.0]])), half, **colour)


def centroid(picture: np.ndarray) -> np.ndarray:
    """Mean of the lit pixels' centres (x, y), weighted by brightness."""
    weight = picture.astype(float).sum(-1)
    ys, xs = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return np.array([(weight * xs).sum(), (weight * ys).sum()]) / weight.sum()


@pytest.mark.parametrize("point", [(0.0, 1.0, 0.0), (-0.9, 1.6, 0.4), (0.8, 0.3, -1.0), (0.5, 1.9, 0.0)])
@pytest.mark.parametrize(
    "camera",
    [
        look_at((0.5, 1.4, 4.0), (0.0, 1.0, 0.0), SIZE, 55.0),
        replace(look_at((-1.0, 2.5, 3.0), (0.1, 0.9, 0.0), SIZE, 75.0, roll_deg=12.0), centre=(171.5, 104.25), focal=(250.0, 230.0)),
    ],
)
def test_a_point_is_drawn_where_the_camera_projects_it(renderer: Renderer, camera: Camera, point: tuple[float, float, float]) -> None:
    picture = renderer.render([at_rest(dot(np.array(point), 0.02, colour=(1.0, 1.0, 1.0)))], camera, DARK)
    assert np.abs(centroid(picture) - camera.project(np.array(point))).max() < 0.5


def test_skinning_agrees_with_the_plain_one(renderer: Renderer) -> None:
    """Every vertex of the reference skinning is covered by the silhouette drawn on the device, and the silhouette is no larger."""
    skeleton = reference_skeleton()
    body = boxes(skeleton, 0.04, (1.0, 1.0, 1.0))
    rng = np.random.default_rng(3)
    motion = Motion(skeleton, quat_from_rotvec(rng.normal(0.0, 0.5, (1, len(skeleton), 3))), skeleton.rest_offsets[:1], 30.0)
    camera = look_at((0.4, 1.2, 3.4), (0.0, 0.95, 0.0), SIZE, 60.0)
    positions, rotations = skeleton.forward(motion.rotations[0], motion.root_translation[0])
    lit = renderer.render([Figure(body, positions, rotations)], camera, DARK).sum(-1) > 60
    corners = camera.project(skin(body, motion, 0)[0])
    xs, ys = np.floor(corners).astype(int).T
    near = np.array([lit[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].any() for x, y in zip(xs, ys, strict=True)])
    assert near.all()
    rows, columns = np.nonzero(lit)
    assert columns.min() >= corners[:, 0].min() - 1.5
    assert columns.max() <= corners[:, 0].max() + 0.5
    assert rows.min() >= corners[:, 1].min() - 1.5
    assert rows.max() <= corners[:, 1].max() + 0.5


def test_the_same_scene_gives_the_same_picture(renderer: Renderer, box_man: Character) -> None:
    camera = look_at((0.0, 1.2, 4.0), (0.0, 0.9, 0.0), SIZE)
    first = renderer.render([at_rest(box_man)], camera, Room())
    renderer.render([], look_at((1.0, 1.2, 4.0), (0.0, 0.9, 0.0), SIZE), Room(floor="tiles"))
    assert np.array_equal(first, renderer.render([at_rest(box_man)], camera, Room()))


def test_image_is_upright_and_not_mirrored(renderer: Renderer, box_man: Character) -> None:
    """Seen from the front, the head is at the top and the left hand at the right of the picture."""
    camera = look_at((0.0, 0.9, 4.0), (0.0, 0.9, 0.0), SIZE)
    skeleton = box_man.skeleton
    left = dot(skeleton.rest_pose()[0][skeleton.index("leftHand")], 0.06, colour=(0.0, 1.0, 0.0))
    head = dot(skeleton.rest_pose()[0][skeleton.index("head")], 0.08, colour=(0.0, 0.0, 1.0))
    picture = renderer.render([at_rest(box_man), at_rest(left), at_rest(head)], camera, DARK).astype(int)
    green = centroid(np.where((picture[..., 1] > picture[..., 0] + 40)[..., None], picture, 0))
    blue = centroid(np.where((picture[..., 2] > picture[..., 0] + 40)[..., None], picture, 0))
    assert green[0] > 160 + 30
    assert blue[1] < 120 - 30


def test_one_character_in_two_poses(renderer: Renderer) -> None:
    """Both figures of a picture share the meshes, not the pose."""
    camera = look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), SIZE)
    body = dot(np.array([0.0, 1.0, 0.0]), 0.1, colour=(1.0, 1.0, 1.0))
    turn = np.array([[0.0, 0.0, 0.0, 1.0]])
    places = [np.array([[x, 1.0, 0.0]]) for x in (-0.7, 0.7)]
    picture = renderer.render([Figure(body, place, turn) for place in places], camera, DARK).astype(int)
    for place in places:
        x, y = camera.project(place[0]).astype(int)
        assert picture[y, x].sum() > 150
    assert picture[120, 160].sum() == 0


def test_drawing_a_part_equals_drawing_the_whole(renderer: Renderer, box_man: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = look_at((0.4, 1.2, 4.5), (0.3, 0.9, 0.0), SIZE)
    part = renderer.render([at_rest(box_man)], camera, Room())
    monkeypatch.setattr("posewright.study.render.renderer.touched", lambda points, camera: (0, 0, *camera.image_size))
    assert np.array_equal(part, renderer.render([at_rest(box_man)], camera, Room()))


def test_a_figure_out_of_sight_leaves_the_room_empty(renderer: Renderer) -> None:
    camera = look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), SIZE)
    away = renderer.render([at_rest(dot(np.array([30.0, 1.0, 0.0]), 0.1))], camera, Room())
    assert np.array_equal(away, renderer.render([], camera, Room()))
    behind = renderer.render([at_rest(dot(np.array([0.0, 1.0, 9.0]), 0.1))], camera, Room(sun_elevation=1.5))
    assert np.array_equal(behind, renderer.render([], camera, Room(sun_elevation=1.5)))


def test_renderers_do_not_disturb_one_another(renderer: Renderer, box_man: Character) -> None:
    camera = look_at((0.0, 1.2, 4.0), (0.0, 0.9, 0.0), SIZE)
    first = renderer.render([at_rest(box_man)], camera, Room())
    with Renderer((64, 48)) as other:
        other.render([at_rest(box_man)], look_at((0.0, 1.2, 4.0), (0.0, 0.9, 0.0), (64, 48)), Room())
        assert np.array_equal(first, renderer.render([at_rest(box_man)], camera, Room()))
    assert np.array_equal(first, renderer.render([at_rest(box_man)], camera, Room()))


def test_nearer_figure_hides_the_farther(renderer: Renderer) -> None:
    camera = look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), SIZE)
    near, far = dot(np.array([0.0, 1.0, 1.0]), 0.1, colour=(1.0, 0.0, 0.0)), dot(np.array([0.0, 1.0, -1.0]), 0.1, colour=(0.0, 1.0, 0.0))
    for order in ([near, far], [far, near]):
        red, green, _ = renderer.render([at_rest(body) for body in order], camera, DARK)[120, 160].astype(int)
        assert red > green + 50


def test_floor_darkens_under_a_body_and_hides_what_is_below(renderer: Renderer) -> None:
    camera = look_at((0.0, 1.5, 3.0), (0.0, 0.0, 0.0), SIZE)
    room = Room(sun_elevation=1.5)
    empty = renderer.render([], camera, room).astype(int)
    above = renderer.render([at_rest(dot(np.array([0.0, 0.6, 0.0]), 0.15))], camera, room).astype(int)
    x, y = camera.project(np.array([0.0, 0.0, 0.0])).astype(int)
    assert above[y, x].sum() < 0.9 * empty[y, x].sum()
    below = renderer.render([at_rest(dot(np.array([0.0, -0.08, 0.0]), 0.03, colour=(1.0, 0.0, 0.0)))], camera, room).astype(int)
    assert (below[..., 0] <= empty[..., 0]).all()


def test_a_given_picture_is_the_background(renderer: Renderer) -> None:
    picture = np.zeros((240, 320, 3), dtype=np.uint8)
    picture[:120, :, 0] = 200
    drawn = renderer.render([], look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), SIZE), Room(image=picture))
    assert np.abs(drawn.astype(int) - picture)[[10, 230]].max() <= 1


def test_refuses_a_camera_that_it_cannot_be(renderer: Renderer, box_man: Character) -> None:
    camera = look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), SIZE)
    with pytest.raises(UsageError, match="distortion"):
        renderer.render([at_rest(box_man)], replace(camera, distortion=(0.1, 0.0)), Room())
    with pytest.raises(UsageError, match="320"):
        renderer.render([], look_at((0.0, 1.0, 4.0), (0.0, 1.0, 0.0), (64, 64)), Room())
