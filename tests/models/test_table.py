import re

import pytest

from posewright.models import MODELS, PipWheel
from posewright.skeletons.tables import JOINT_SETS


@pytest.mark.parametrize("entry", MODELS.values(), ids=MODELS)
def test_an_entry_is_complete(entry):
    assert MODELS[entry.name] is entry
    assert entry.licence
    assert entry.training_data
    assert re.fullmatch(r"[0-9]+ x [0-9]+", entry.input_size)
    assert entry.joint_set is None or entry.joint_set in JOINT_SETS
    for file in entry.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.sources


@pytest.mark.parametrize("name", ["blazepose-detector", "blazepose-full"])
def test_the_default_models_come_from_the_published_package(name):
    """The package is there wherever packages install from; the mirrors are not."""
    first = MODELS[name].files[0].sources[0]
    assert isinstance(first, PipWheel)
    assert first.requirement == "mediapipe==0.10.21"
    assert MODELS[name].commercial
