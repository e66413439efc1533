"""A few people, and a skip where there is no OpenGL."""

from __future__ import annotations

import numpy as np
import pytest

from posewright.errors import RenderError
from posewright.study.render import Renderer
from posewright.train.estimator.motions import read_motions
from posewright.train.estimator.people import read_bodies
from posewright.train.estimator.scenes import Sources


@pytest.fixture(scope="session")
def opengl() -> None:
    """Rendering works here."""
    try:
        Renderer((16, 16)).release()
    except RenderError as error:
        pytest.skip(f"needs OpenGL: {error}")


@pytest.fixture(scope="session")
def sources() -> Sources:
    """What there is without any files of the user's."""
    return Sources(read_motions(None, False), read_bodies(None, False))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)
