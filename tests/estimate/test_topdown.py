import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.estimate.crop import Crop
from posewright.estimate.people import Box
from posewright.estimate.topdown import LOOK_EVERY, TopDown, box_of
from posewright.skeletons import COCO17
from tests.estimate.stub import noise_frame

BODY = np.random.default_rng(0).uniform(-1, 1, (17, 2)) * (30, 80)


class World:
    """People who move, a detector that sees some of them, and a network that finds whoever stands in a crop."""

    joint_set = COCO17
    runtime = "a test"

    def __init__(self, *paths, visible=lambda frame, person: True):
        self.paths, self.visible = paths, visible
        self.looks = self.crops = 0

    def joints(self, frame, person):
        return BODY + self.paths[person](frame.index)

    def detect(self, frame):
        self.looks += 1
        found = []
        for person in range(len(self.paths)):
            if self.visible(frame.index, person):
                xy = self.joints(frame, person)
                found.append(Box(0.9 - 0.1 * person, np.concatenate([xy.min(0), xy.max(0)])))
        return found

    def __call__(self, frame, boxes):
        answers = []
        for box in boxes:
            self.crops += 1
            crop = Crop.of_box(box, 0.75)
            inside = [self.joints(frame, person) for person in range(len(self.paths)) if self.visible(frame.index, person)]
            inside = [xy for xy in inside if (np.abs(xy.mean(0) - crop.centre) < np.array(crop.size) / 4).all()]
            xy = inside[0] if inside else np.tile(crop.centre, (17, 1))
            answers.append((xy.astype(np.float32), np.full(17, 0.8 if inside else 0.05, np.float32), crop))
        return answers


def run(world, frames, people=1):
    network = TopDown(world.detect, world, people)
    return list(network.estimate_clip([noise_frame(640, 480, index) for index in range(frames)]))


def test_one_person_is_followed_and_looked_for_now_and_then():
    world = World(lambda t: (200 + 8 * t, 240))
    results = run(world, 20)
    assert world.looks == 20 / LOOK_EVERY
    for frame, result in enumerate(results):
        (pose,) = result.people
        np.testing.assert_allclose(pose.xy, BODY + np.array([200 + 8 * frame, 240]), atol=1e-3)
        assert pose.roi.shape == (4, 2)


def test_one_who_is_lost_is_looked_for_at_once():
    world = World(lambda t: (100, 240) if t < 12 else (500, 240))
    results = run(world, 14)
    assert world.looks == 4  # at 0, 5, 10 and 12
    assert [len(result.people) for result in results] == [1] * 14
    assert results[12].people[0].xy[:, 0].mean() == pytest.approx(500 + BODY[:, 0].mean(), abs=1)


class Drifter(World):
    """Its network loses the person by and by: what it finds lies a little off each crop's middle, and it is half sure of it."""

    def __call__(self, frame, boxes):
        answers = super().__call__(frame, boxes)
        off = [np.abs(xy.mean(0) - self.joints(frame, 0).mean(0)).max() for xy, _, _ in answers]
        return [
            (xy + 12, confidence, crop) if wrong < 1 else (BODY + crop.centre + 12, np.full(17, 0.5, np.float32), crop)
            for (xy, confidence, crop), wrong in zip(answers, off, strict=True)
        ]


def test_one_who_drifts_away_is_caught_at_the_next_look():
    world = Drifter(lambda t: (100 + 60 * max(t - 2, 0), 240))
    results = run(world, 11)
    errors = [np.abs(result.people[0].xy.mean(0) - world.joints(noise_frame(640, 480, frame), 0).mean(0)).max() for frame, result in enumerate(results)]
    assert max(errors) > 60
    assert errors[5] < 13
    assert errors[10] < 13


def test_nobody_is_no_error():
    world = World(lambda t: (200, 240), visible=lambda frame, person: frame >= 3)
    assert [len(result.people) for result in run(world, 5)] == [0, 0, 0, 1, 1]


def test_a_second_person_is_found_soon_and_never_twice():
    world = World(lambda t: (150, 240), lambda t: (450, 240), visible=lambda frame, person: person == 0 or frame >= 4)
    results = run(world, 30, people=3)
    assert [len(result.people) for result in results][-20:] == [2] * 20
    assert max(len(result.people) for result in results) == 2
    assert world.looks <= 30 // LOOK_EVERY + 2
    assert len(run(World(lambda t: (150, 240), lambda t: (450, 240)), 10, people=1)[-1].people) == 1


def test_two_who_meet_are_not_one():
    world = World(lambda t: (150 + 10 * t, 200), lambda t: (450 - 10 * t, 280))
    assert min(len(result.people) for result in run(world, 30, people=2)) >= 1
    assert len(run(world, 30, people=2)[-1].people) == 2


def test_forgetting_begins_another_stream():
    world = World(lambda t: (200, 240))
    network = TopDown(world.detect, world)
    network(noise_frame(640, 480, 0))
    network(noise_frame(640, 480, 1))
    assert world.looks == 1
    network.reset()
    network(noise_frame(640, 480, 2))
    assert world.looks == 2


def test_too_little_of_a_person_says_nothing():
    (pose,) = TopDown(World(lambda t: (200, 240)).detect, World(lambda t: (200, 240)))(noise_frame(640, 480))
    assert box_of(pose) is not None
    low, high = pose.xy.min(0), pose.xy.max(0)
    box = box_of(pose).corners
    assert (box[:2] < low).all()
    assert (box[2:] > high).all()
    pose.confidence[3:] = 0.0
    assert box_of(pose) is None


def test_wanting_nobody_is_refused():
    world = World()
    with pytest.raises(UsageError, match="0 people"):
        TopDown(world.detect, world, 0)
