"""The networks and clips that tests of BlazePose need, or a skip that says what is missing."""

from pathlib import Path

import pytest

from posewright import models
from posewright.errors import ModelError
from posewright.estimate import make_estimator

SHARED = Path(__file__).resolve().parents[4] / "shared"
SAMPLE = Path(__file__).resolve().parents[3] / "src" / "posewright" / "data" / "sample" / "walk_wave.mp4"


def network(name):
    try:
        return models.path(name, offline=True)
    except ModelError:
        pytest.skip(f"needs the network {name} (posewright models fetch {name})")


def blazepose(**options):
    for name in ("blazepose-detector", "blazepose-full"):
        network(name)
    return make_estimator("blazepose", **options)


def shared(path):
    if not (SHARED / path).exists():
        pytest.skip(f"needs ../shared/{path}")
    return SHARED / path
