"""Authored motion and the shipped tables, shared by the tests of the training data."""

from __future__ import annotations

import pytest

from posewright.study.authored import walk_wave
from posewright.train.data.bodies import Bodies, load_bodies
from posewright.train.data.recorded import Recorded, on_humanoid
from posewright.train.data.sequences import Sequences
from posewright.types import Motion


@pytest.fixture(scope="session")
def walk() -> Motion:
    return walk_wave()


@pytest.fixture(scope="session")
def sequences(walk: Motion) -> Sequences:
    whole = on_humanoid(walk)
    return Sequences.of([Recorded("a", "one.bvh", whole.sliced(0, 120)), Recorded("b", "two.bvh", whole.sliced(100, 234))])


@pytest.fixture(scope="session")
def bodies() -> Bodies:
    return load_bodies()
