import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.estimate.blazepose.detector import Detection
from posewright.estimate.people import RTMDET, YOLOX, BlazePosePeople, OnnxPeople, around
from tests.estimate.stub import StubSession, noise_frame

SHAPES = [(1, -1, 5), (1, -1)]


def test_the_box_of_one_who_stands_is_tall_and_of_one_who_lies_wide():
    np.testing.assert_allclose(around(np.array([[100.0, 200.0], [100.0, 100.0]])), [50, 100, 150, 300])
    np.testing.assert_allclose(around(np.array([[100.0, 200.0], [200.0, 200.0]])), [0, 150, 200, 250])


def test_blazeposes_detections_become_boxes():
    found = Detection(0.8, np.array([[100.0, 200.0], [100.0, 100.0], [0, 0], [0, 0]]))
    (box,) = BlazePosePeople(lambda frame: [found])(noise_frame())
    assert box.score == 0.8
    np.testing.assert_allclose(box.corners, [50, 100, 150, 300])


@pytest.mark.parametrize("colours", [RTMDET, YOLOX], ids=["rtmdet", "yolox"])
def test_boxes_come_back_in_pixels_of_the_frame(colours):
    rows = np.array([[[10, 20, 30, 100, 0.5], [40, 20, 60, 90, 0.9], [0, 0, 5, 5, 0.95], [1, 1, 9, 9, 0.1]]], np.float32)
    session = StubSession(SHAPES, lambda tensor: [rows, np.array([[0, 0, 7, 0]])], (320, 320))
    boxes = OnnxPeople(session, colours)(noise_frame(640, 480))
    assert [box.score for box in boxes] == [pytest.approx(0.9), pytest.approx(0.5)]  # class 7 is no person
    np.testing.assert_allclose(boxes[0].corners, [80, 40, 120, 180])


def test_the_frame_stands_in_the_corner_and_blue_comes_first():
    frame = noise_frame(640, 480)
    session = StubSession(SHAPES, list, (320, 320))
    tensor, scale = OnnxPeople(session, YOLOX).prepare(frame)
    assert scale == 0.5
    assert tensor.shape == (1, 3, 320, 320)
    assert (tensor[0, :, 240:] == 114).all()
    assert abs(tensor[0, 2, :240].mean() - frame.rgb()[..., 0].mean()) < 1
    normal, _ = OnnxPeople(session, RTMDET).prepare(frame)
    np.testing.assert_allclose(normal[0, 0, 300, 0], (114 - 103.53) / 57.375, rtol=1e-5)


def test_another_network_is_refused():
    with pytest.raises(ModelError, match="not boxes with scores"):
        OnnxPeople(StubSession([(-1, 17, 64, 48)], list), YOLOX)
