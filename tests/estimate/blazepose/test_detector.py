import numpy as np
import pytest

from posewright.estimate.blazepose.detector import INPUT_SIZE, Detector, letterbox, overlap, sigmoid, weighted_nms
from posewright.media import Frame

POINTS = np.array([[[0.0, 0.0]], [[1.0, 2.0]], [[5.0, 5.0]]])


class FakeSession:
    """Answers with what it was given, and remembers what it was asked."""

    def __init__(self, *outputs):
        self.outputs = outputs

    def run(self, inputs):
        (self.asked,) = inputs
        return list(self.outputs)


def empty():
    return np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -200.0, np.float32)


def test_overlap_of_known_boxes():
    boxes = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [2.0, 2.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(overlap(boxes[0], boxes), [1.0, 1 / 3, 0.0, 0.0])


def test_boxes_that_overlap_are_averaged_by_score():
    boxes = np.array([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [20.0, 0.0, 30.0, 10.0]])
    (first, merged), (second, alone) = weighted_nms(boxes, np.array([0.6, 0.9, 0.7]), POINTS)
    assert (first, second) == (0.9, 0.7)
    np.testing.assert_allclose(merged, [[0.6, 1.2]])
    np.testing.assert_allclose(alone, [[5.0, 5.0]])


def test_boxes_that_overlap_less_stay_apart():
    boxes = np.array([[0.0, 0.0, 10.0, 10.0], [6.0, 0.0, 16.0, 10.0], [30.0, 0.0, 40.0, 10.0]])
    assert [score for score, _ in weighted_nms(boxes, np.array([0.6, 0.9, 0.7]), POINTS)] == [0.9, 0.7, 0.6]


def test_a_box_without_area_ends_all_the_same():
    assert len(weighted_nms(np.zeros((2, 4)), np.array([0.6, 0.9]), POINTS[:2])) == 2
    assert weighted_nms(np.zeros((0, 4)), np.zeros(0), POINTS[:0]) == []


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (100, 100)])
def test_letterbox_centres_the_frame(size):
    T_frame_crop = letterbox(size, 224)
    np.testing.assert_allclose(T_frame_crop @ (112, 112, 1), np.array(size) / 2)
    scale = max(size) / 224
    np.testing.assert_allclose(T_frame_crop[:, :2], np.eye(2) * scale)


def test_frame_is_fitted_with_black_beside_it():
    tensor, _ = Detector(FakeSession()).prepare(Frame.from_rgb(np.full((100, 200, 3), 255, np.uint8)))
    assert tensor.shape == (224, 224, 3)
    np.testing.assert_allclose(tensor[112, 112], 1.0)
    np.testing.assert_allclose(tensor[10, 112], -1.0)


def test_a_box_of_known_values_comes_out_in_frame_pixels():
    raw, logits = empty()
    index = 2 * (28 * 14 + 14)  # first anchor of the cell at row 14, column 14: centre (14.5, 14.5) / 28
    logits[0, index] = 2.0
    raw[0, index] = [0, 0, 20, 20, 0, 0, 0, -50, 0, 0, 0, 0]
    session = FakeSession(raw, logits)
    (found,) = Detector(session)(Frame.from_rgb(np.zeros((112, 448, 3), np.uint8)))
    assert session.asked.shape == (1, INPUT_SIZE, INPUT_SIZE, 3)
    assert found.score == pytest.approx(1 / (1 + np.exp(-2.0)))
    middle = 14.5 / 28 * 448
    np.testing.assert_allclose(found.points[0], [middle, middle - 168], atol=1e-4)
    np.testing.assert_allclose(found.points[1], [middle, middle - 168 - 100], atol=1e-4)


def test_nothing_sure_enough_is_nothing():
    raw, logits = empty()
    logits[0, 5] = -0.01
    assert Detector(FakeSession(raw, logits))(Frame.from_rgb(np.zeros((50, 50, 3), np.uint8))) == []


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0.0, 0.5, 1.0])
    x = np.linspace(-20, 20, 41)
    np.testing.assert_allclose(sigmoid(x), 1 / (1 + np.exp(-x)), atol=1e-12)
