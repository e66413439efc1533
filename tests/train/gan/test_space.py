import numpy as np
import pytest

from posewright.lift.gan import BODY
from posewright.lift.gan import placed as placed_array
from posewright.train.gan.mocap import camera_axes, mirrored, random_views
from tests.train.gan.bodies import FACING_CAMERA, bodies

torch = pytest.importorskip("torch")
from posewright.train.gan.space import about_y, backwards, bone_spread, normalised, placed, projected, tilted, view_change, yawed  # noqa: E402


def facing_camera(count=40):
    """Bodies in the axes of a level camera ahead of them."""
    return torch.from_numpy(bodies().xyz[:count] * FACING_CAMERA)


def test_what_is_lifted_projects_to_itself():
    xy = normalised(torch.from_numpy(random_views(bodies().xyz, np.random.default_rng(0)).xy))
    depth = 0.3 * torch.randn(len(xy), len(BODY), generator=torch.Generator().manual_seed(0))
    body = placed(xy, depth, 10.0)
    np.testing.assert_allclose(projected(body, 10.0), xy, atol=1e-5)
    np.testing.assert_allclose(body, placed_array(xy.numpy(), depth.numpy(), 10.0), atol=1e-6)
    np.testing.assert_allclose(body[..., 2], depth, atol=1e-5)


def test_a_change_of_view_is_that_from_one_camera_to_another():
    rng = np.random.default_rng(0)
    old, new, yaw, more = (rng.uniform(-0.6, 0.6, 20) for _ in range(4))
    level = np.zeros(20)
    wanted = camera_axes(new, yaw + more, level) @ camera_axes(old, yaw, level).swapaxes(-1, -2)
    # The camera's y axis points down, so a turn of the world is one the other way round.
    np.testing.assert_allclose(view_change(*(torch.from_numpy(angle) for angle in (old, -more, new))), wanted, atol=1e-9)


def test_a_camera_above_has_the_head_nearer_than_the_feet():
    body = facing_camera()
    seen = body @ tilted(torch.full((len(body),), 0.5)).transpose(1, 2)
    head, ankle = BODY.indices("head_top", "left_ankle")
    assert (seen[:, head, 2] < 0).all()
    views = random_views(bodies().xyz, np.random.default_rng(0), elevation_deg=(30.0, 31.0), mirror=False)
    assert np.median(views.xyz[:, head, 2]) < 0 < np.median(views.xyz[:, ankle, 2])
    assert views.elevation.min() > 0.5


def test_a_turn_about_the_vertical_keeps_heights_and_lengths():
    body = facing_camera()
    angle = torch.linspace(-3, 3, len(body))
    turned = yawed(body, angle)
    np.testing.assert_allclose(turned[..., 1], body[..., 1], atol=1e-6)
    np.testing.assert_allclose(turned.norm(dim=-1), body.norm(dim=-1), atol=1e-5)
    np.testing.assert_allclose(yawed(turned, -angle), body, atol=1e-5)
    np.testing.assert_allclose(torch.linalg.det(about_y(angle)), 1.0, atol=1e-5)


def test_rigid_people_have_no_spread_of_bones_and_flat_ones_have():
    body = facing_camera()
    assert bone_spread(body[:1].repeat(8, 1, 1)) < bone_spread(body)
    turns = about_y(torch.linspace(-3, 3, len(body)))
    assert bone_spread(body @ turns.transpose(1, 2)) == pytest.approx(float(bone_spread(body)), rel=1e-4)
    flat = (body @ turns.transpose(1, 2)) * torch.tensor([1.0, 1.0, 0.0])
    assert bone_spread(flat) > 3 * bone_spread(body)


def test_the_face_tells_front_from_back():
    body = facing_camera()
    assert backwards(body) < 0.1
    assert backwards(body * torch.tensor([1.0, 1.0, -1.0])) > 0.5
    np.testing.assert_allclose(backwards(torch.from_numpy(mirrored(body.numpy()))), backwards(body), atol=1e-6)
