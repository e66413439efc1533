"""Fixtures that several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

from posewright import models
from posewright.errors import ModelError

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips and references that lies beside the project on some machines."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: real clips and references are not tested")
    return SHARED


@pytest.fixture(scope="session")
def blazepose() -> None:
    """BlazePose's files are in the cache."""
    try:
        for name in ("blazepose-detector", "blazepose-full"):
            models.path(name, offline=True)
    except ModelError as error:
        pytest.skip(f"BlazePose is not in the model cache (posewright models fetch blazepose-detector blazepose-full): {error}")
