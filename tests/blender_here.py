"""Whether there is a Blender for the tests that need one."""

from __future__ import annotations

import pytest

from posewright.blender import find_blender
from posewright.errors import UsageError


def needs_blender() -> None:
    """Skip the test, saying so, where no Blender is found."""
    try:
        find_blender()
    except UsageError as error:
        pytest.skip(f"no Blender: .fbx and .blend are not tested ({error})")
