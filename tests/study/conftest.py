"""A body of boxes, and a renderer where there is OpenGL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from posewright.errors import RenderError
from posewright.skeletons import reference_skeleton
from posewright.study.render import Renderer
from posewright.types import Character
from tests.study.bodies import boxes


@pytest.fixture(scope="session")
def box_man() -> Character:
    return boxes(reference_skeleton(), 0.05)


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """A renderer of 320 x 240, or a skip that says what to install."""
    try:
        opened = Renderer((320, 240))
    except RenderError as error:
        pytest.skip(f"needs OpenGL: {error}")
    with opened:
        yield opened
