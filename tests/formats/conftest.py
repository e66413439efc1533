"""What most tests of this folder write."""

from __future__ import annotations

import pytest

from posewright.skeletons import reference_skeleton
from posewright.types import Capture, Character, Motion
from tests.formats.samples import box_character, capture_of, random_motion


@pytest.fixture
def motion() -> Motion:
    return random_motion(reference_skeleton(fingers=True))


@pytest.fixture
def character(motion: Motion) -> Character:
    return box_character(motion.skeleton)


@pytest.fixture
def capture(motion: Motion) -> Capture:
    return capture_of((motion, random_motion(motion.skeleton, frames=25, seed=1)))
