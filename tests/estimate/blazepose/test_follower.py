"""The state machine, with a detector and a landmark network that know where the people are."""

import numpy as np
import pytest

from posewright.estimate.blazepose.detector import Detection
from posewright.estimate.blazepose.follower import LOOK_EVERY, Follower
from posewright.estimate.blazepose.landmarks import Landmarks

BODY = np.random.default_rng(0).uniform(-40, 40, (33, 2))


class World:
    """People at known places, (x, y) of the hips; each 100 pixels from hips to the circle round the body."""

    def __init__(self, *people):
        self.people = list(people)
        self.detections = 0

    def detect(self, frame):
        self.detections += 1
        return [Detection(0.9, np.array([hips, (hips[0], hips[1] - 100.0)] * 2)) for hips in self.people]

    def find(self, frame, region):
        near = [hips for hips in self.people if np.hypot(hips[0] - region.centre[0], hips[1] - region.centre[1]) < region.size / 2]
        if not near:
            return None
        hips = np.array(min(near, key=lambda h: np.hypot(h[0] - region.centre[0], h[1] - region.centre[1])))
        xyz = np.column_stack([BODY + hips, np.zeros(33)])
        return Landmarks(xyz, np.ones(33), np.ones(33), np.ones(33), np.zeros((33, 3)), np.array([hips, hips - (0.0, 100.0)]), 0.9)


def follower(world, people=1):
    return Follower(world.detect, world.find, people)


def places(found):
    return [tuple(person.landmarks.alignment[0]) for person in found]


def test_one_person_is_detected_once_and_then_followed():
    world = World((200.0, 300.0))
    follow = follower(world)
    for step in range(20):
        world.people = [(200.0 + 4 * step, 300.0)]
        assert places(follow(None)) == world.people
    assert world.detections == 1


def test_one_who_jumps_away_is_found_in_the_same_frame():
    world = World((200.0, 300.0))
    follow = follower(world)
    follow(None)
    world.people = [(900.0, 300.0)]
    assert places(follow(None)) == [(900.0, 300.0)]
    assert world.detections == 2


def test_nobody_is_looked_for_in_every_frame():
    world = World()
    follow = follower(world)
    assert [follow(None) for _ in range(3)] == [[], [], []]
    assert world.detections == 3


def test_no_more_people_than_wanted():
    world = World((200.0, 300.0), (600.0, 300.0), (1000.0, 300.0))
    assert len(follower(world, 2)(None)) == 2
    assert len(follower(world, 3)(None)) == 3


def test_a_second_person_who_comes_later_is_found_soon_and_the_first_stays_first():
    world = World((200.0, 300.0))
    follow = follower(world, 2)
    follow(None)
    world.people = [(700.0, 300.0), (200.0, 300.0)]
    counts = [len(follow(None)) for _ in range(LOOK_EVERY)]
    assert counts[-1] == 2
    assert places(follow(None)) == [(200.0, 300.0), (700.0, 300.0)]


def test_two_regions_that_lead_to_one_person_become_one():
    world = World((200.0, 300.0), (330.0, 300.0))
    follow = follower(world, 2)
    assert len(follow(None)) == 2
    world.people = [(200.0, 300.0)]  # within reach of both regions
    assert places(follow(None)) == [(200.0, 300.0)]


@pytest.mark.parametrize("people", [1, 2])
def test_reset_forgets_everybody(people):
    world = World((200.0, 300.0))
    follow = follower(world, people)
    follow(None)
    follow.reset()
    follow(None)
    assert world.detections == 2
