import numpy as np
import pytest

from posewright.errors import ModelError, UsageError
from posewright.estimate.openpose import VARIANTS, OpenPose
from tests.estimate.stub import UPRIGHT, StubSession, bumps, noise_frame

BOXES = {"one": (20.0, 20.0, 200.0, 320.0), "other": (280.0, 40.0, 180.0, 300.0)}
FRAME = (496, 368)


def joints_of(box, joint_set):
    x, y, width, height = box
    return np.array([UPRIGHT[joint] for joint in joint_set.joints]) * (width, height) + (x, y)


def maps(people, program, size, scale, shift):
    """What a perfect network would show of people (J, 2) in frame pixels, at stride 8 of its input of `size` (width, height)."""
    cells = size[0] // 8, size[1] // 8
    placed = [((person * scale + shift) + 0.5) / 8 - 0.5 for person in people]
    heat = np.max([bumps(person, cells, 0.9) for person in placed], axis=0)
    background = 1 - heat.max(axis=0, keepdims=True)
    fields = np.zeros((program.layout.field_channels, cells[1], cells[0]), np.float32)
    grid = np.stack(np.meshgrid(np.arange(cells[0]), np.arange(cells[1])), axis=-1)
    for person in placed:
        for limb in program.layout.limbs:
            start, vector = person[limb.start], person[limb.end] - person[limb.start]
            length = np.linalg.norm(vector)
            along = np.clip(((grid - start) @ vector) / length**2, 0, 1)
            near = np.linalg.norm(grid - (start + along[..., None] * vector), axis=-1) < 1.2
            fields[limb.channel : limb.channel + 2, near] = (vector / length)[:, None]
    return np.concatenate([heat, background])[None], fields[None]


@pytest.mark.parametrize("variant", VARIANTS)
def test_two_people_are_found_where_they_are(variant):
    program = VARIANTS[variant]
    people = [joints_of(box, program.layout.joint_set) for box in BOXES.values()]
    scale = program.heights[0] / FRAME[1]

    def network(tensor):
        padding = program.padding(program.heights[0], round(FRAME[0] * scale))
        heat, fields = maps(people, program, tensor.shape[:1:-1], scale, (padding.left, padding.top))
        return [heat, fields] if variant != "coco" else [fields, heat]

    channels = [program.layout.heatmap_channels, program.layout.field_channels]
    session = StubSession([(-1, count, -1, -1) for count in (channels if variant != "coco" else channels[::-1])], network)
    poses = OpenPose(session, variant, people=4)(noise_frame(*FRAME))
    assert session.inputs[0].shape[2] % 8 == session.inputs[0].shape[3] % 8 == 0
    assert len(poses) == 2
    cell = 8 / scale
    for truth in people:
        nearest = min(poses, key=lambda pose: np.abs(pose.xy - truth).mean())
        found = nearest.confidence > 0
        assert found.mean() > 0.7  # eyes and ears may fall into one cell
        assert np.median(np.linalg.norm(nearest.xy - truth, axis=1)[found]) < 0.4 * cell
        assert np.isfinite(nearest.xy).all()


def test_people_beyond_those_wanted_are_left_out_and_nobody_is_no_error():
    program = VARIANTS["coco"]
    people = [joints_of(box, program.layout.joint_set) for box in BOXES.values()]
    shapes = [(-1, 38, -1, -1), (-1, 19, -1, -1)]
    found = OpenPose(StubSession(shapes, lambda tensor: maps(people, program, tensor.shape[:1:-1], 0.5, 0)[::-1]), "coco", people=1)(noise_frame(*FRAME))
    assert len(found) == 1
    empty = StubSession(shapes, lambda tensor: [np.zeros((1, count, tensor.shape[2] // 8, tensor.shape[3] // 8), np.float32) for count in (38, 19)])
    assert OpenPose(empty, "coco")(noise_frame(*FRAME)) == []


def test_noise_is_no_catastrophe():
    """A network with random weights shows thousands of peaks."""
    random = np.random.default_rng(0)
    noise = StubSession(
        [(-1, 19, -1, -1), (-1, 38, -1, -1)], lambda tensor: [random.normal(0.5, 0.5, (1, c, tensor.shape[2] // 8, tensor.shape[3] // 8)).astype(np.float32) for c in (19, 38)]
    )
    for pose in OpenPose(noise, "mobile", people=3)(noise_frame(*FRAME)):
        assert np.isfinite(pose.xy).all()
        assert 0 <= pose.confidence.min() <= pose.confidence.max() <= 1


def test_another_network_is_refused():
    with pytest.raises(ModelError, match=r"body25 network gives \[26, 52\]"):
        OpenPose(StubSession([(-1, 19, -1, -1), (-1, 38, -1, -1)], list), "body25")
    with pytest.raises(UsageError, match="no variant 'hands'"):
        OpenPose(StubSession([], list), "hands")
