import numpy as np
from hypothesis import given
from scipy.spatial.transform import Rotation

from posewright import geometry as g
from tests.strategies import quaternions, vectors


@given(quaternions((5,)), quaternions((5,)), vectors((5,)))
def test_product_and_rotation_agree_with_scipy(a, b, v):
    plain = Rotation.from_quat(a) * Rotation.from_quat(b)
    fast = g.quat_multiply(a, b)
    assert np.allclose(Rotation.from_quat(fast).apply(v), plain.apply(v), atol=1e-9)
    assert np.allclose(g.quat_rotate(fast, v), plain.apply(v), atol=1e-9)


@given(quaternions((7,), max_angle=6.0))
def test_conversions_agree_with_scipy(q):
    plain = Rotation.from_quat(q)
    assert np.allclose(g.quat_to_matrix(q), plain.as_matrix(), atol=1e-9)
    assert np.allclose(g.quat_from_matrix(plain.as_matrix()), plain.as_quat(canonical=True), atol=1e-7) or np.all(g.quat_angle(g.quat_from_matrix(plain.as_matrix()), q) < 1e-6)
    assert np.all(g.quat_angle(g.quat_from_rotvec(plain.as_rotvec()), q) < 1e-6)
    assert np.all(np.linalg.norm(g.quat_to_rotvec(q), axis=-1) <= np.pi + 1e-9)


def test_half_turns_and_no_turn_convert():
    turns = np.concatenate([np.eye(3) * np.pi, np.zeros((1, 3)), np.full((1, 3), 1e-12)])
    assert np.allclose(g.quat_to_matrix(g.quat_from_rotvec(turns)), Rotation.from_rotvec(turns).as_matrix(), atol=1e-12)
    assert np.allclose(g.quat_to_matrix(g.quat_from_matrix(Rotation.from_rotvec(turns).as_matrix())), Rotation.from_rotvec(turns).as_matrix(), atol=1e-12)
    assert np.allclose(np.abs(g.quat_to_rotvec(g.quat_from_rotvec(turns))), turns, atol=1e-9)


@given(quaternions((2, 3)))
def test_matrix_and_rotation_vector_round_trip(q):
    assert np.all(g.quat_angle(g.quat_from_matrix(g.quat_to_matrix(q)), q) < 1e-6)
    assert np.all(g.quat_angle(g.quat_from_rotvec(g.quat_to_rotvec(q)), q) < 1e-6)


@given(quaternions(()))
def test_conjugate_is_the_inverse(q):
    assert np.allclose(g.quat_multiply(q, g.quat_conjugate(q)), g.IDENTITY, atol=1e-9)


@given(vectors((4,)), vectors((4,)))
def test_between_takes_one_direction_to_the_other(a, b):
    keep = (np.linalg.norm(a, axis=-1) > 1e-3) & (np.linalg.norm(b, axis=-1) > 1e-3)
    a, b = a[keep], b[keep]
    turned = g.quat_rotate(g.quat_between(a, b), g.normalize(a))
    assert np.allclose(turned, g.normalize(b), atol=1e-3)


def test_between_opposite_directions_is_a_half_turn():
    for axis in np.eye(3):
        q = g.quat_between(axis, -axis)
        assert np.isclose(g.quat_angle(q, g.IDENTITY), np.pi)
        assert np.allclose(g.quat_rotate(q, axis), -axis, atol=1e-9)


def test_continuous_removes_sign_flips_only():
    q = g.quat_from_rotvec(np.linspace([0, 0, 0], [0, 12, 0], 50))
    flipped = q * np.where(np.arange(50) % 3 == 0, -1.0, 1.0)[:, None]
    mended = g.quat_continuous(flipped)
    assert np.all(np.sum(mended[1:] * mended[:-1], -1) > 0)
    assert np.allclose(g.quat_angle(mended, q), 0, atol=1e-6)


@given(quaternions(()), quaternions(()))
def test_slerp_meets_both_ends_and_halves_the_angle(a, b):
    assert g.quat_angle(g.quat_slerp(a, b, 0.0), a) < 1e-6
    assert g.quat_angle(g.quat_slerp(a, b, 1.0), b) < 1e-6
    half = g.quat_slerp(a, b, 0.5)
    assert abs(g.quat_angle(a, half) - g.quat_angle(half, b)) < 1e-5
