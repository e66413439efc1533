import numpy as np
import pytest

from posewright.geometry import normalize, quat_from_rotvec, quat_rotate
from posewright.lift.wright.aligned import ENOUGH, aligned
from posewright.lift.wright.window import TREE

FRAMES = 12
PLACE = np.array([0.3, -0.1, 4.0])


def body(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions (T, B, 3), the same a little turned, and where the points of the first are seen (T, P, 2)."""
    rng = np.random.default_rng(seed)
    true = normalize(rng.normal(size=(FRAMES, len(TREE.bones), 3)) * [1.0, 1.0, 0.5])
    turned = quat_rotate(quat_from_rotvec(rng.normal(0.0, 0.15, true.shape)), true)
    points = TREE.chain @ (true * TREE.reference[:, None]) + PLACE
    return true, turned, points[..., :2] / points[..., 2:]


def error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((one * other).sum(-1), -1.0, 1.0))).mean())


def certain(value: float = 0.98) -> np.ndarray:
    return np.full((FRAMES, len(TREE.bones)), value)


def seen() -> np.ndarray:
    return np.ones((FRAMES, len(TREE.points)))


def test_directions_that_fit_the_picture_stay() -> None:
    true, _, sight = body()
    np.testing.assert_allclose(aligned(true, certain(), TREE.reference, sight, seen()), true, atol=1e-4)


def test_directions_come_nearer_to_the_truth_and_stay_unit_vectors() -> None:
    true, turned, sight = body()
    found = aligned(turned, certain(), TREE.reference, sight, seen())
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1.0, atol=1e-9)
    long = TREE.sized
    assert error(found[:, long], true[:, long]) < 0.8 * error(turned[:, long], true[:, long])
    assert error(found, true) < error(turned, true)


def test_what_is_less_certain_moves_further() -> None:
    _, turned, sight = body()
    assert error(aligned(turned, certain(0.7), TREE.reference, sight, seen()), turned) > error(aligned(turned, certain(1.0), TREE.reference, sight, seen()), turned)


def test_a_keypoint_far_off_hardly_counts() -> None:
    _, turned, sight = body()
    wrist = TREE.index("left_wrist")
    off = sight.copy()
    off[:, wrist] += 0.5  # two metres
    unseen = seen()
    unseen[:, wrist] = 0.0
    with_it, without = aligned(turned, certain(), TREE.reference, off, seen()), aligned(turned, certain(), TREE.reference, sight, unseen)
    assert error(with_it, without) < 1.0


@pytest.mark.parametrize("count", [0, ENOUGH - 1])
def test_frames_that_show_next_to_nothing_stay_as_lifted(count: int) -> None:
    _, turned, sight = body()
    confidence = seen()
    confidence[4, count:] = 0.0
    found = aligned(turned, certain(), TREE.reference, sight, confidence)
    np.testing.assert_array_equal(found[4], turned[4])
    assert np.abs(found[5] - turned[5]).max() > 0.01
    np.testing.assert_array_equal(aligned(turned, certain(), TREE.reference, sight, 0 * seen()), turned)


def test_frames_do_not_know_of_each_other() -> None:
    _, turned, sight = body()
    whole = aligned(turned, certain(), TREE.reference, sight, seen())
    part = aligned(turned[3:5], certain()[3:5], TREE.reference, sight[3:5], seen()[3:5])
    np.testing.assert_allclose(whole[3:5], part, atol=1e-9)
