import re

import pytest

from posewright.models import MODELS, PipWheel
from posewright.nets import NETS
from posewright.skeletons.tables import JOINT_SETS


@pytest.mark.parametrize("entry", MODELS.values(), ids=MODELS)
def test_an_entry_is_complete(entry):
    assert MODELS[entry.name] is entry
    assert entry.licence
    assert entry.training_data
    assert re.fullmatch(r"[0-9]+ x [0-9]+|[0-9]+ frames of [0-9]+ joints", entry.input_size)
    assert entry.joint_set is None or entry.joint_set in JOINT_SETS
    for file in entry.files:
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.sources


@pytest.mark.parametrize("name", ["blazepose-detector", "blazepose-full"])
def test_the_default_models_come_from_the_published_package(name):
    """The package is there wherever packages install from; the mirrors are not."""
    first = MODELS[name].files[0].sources[0]
    assert isinstance(first, PipWheel)
    assert first.requirement == "mediapipe==0.10.21"
    assert MODELS[name].commercial


@pytest.mark.parametrize("entry", [entry for entry in MODELS.values() if entry.network], ids=lambda entry: entry.name)
def test_a_checkpoint_belongs_to_a_network_that_can_be_built(entry):
    net = NETS[entry.network]
    assert entry.files[0].name in net.files
    if entry.shape is not None:
        assert f"{entry.shape[3]} x {entry.shape[2]}" == entry.input_size
    else:
        assert entry.input_size in (f"{net.shape[-1]} x {net.shape[-2]}", "243 frames of 17 joints")


def test_what_is_for_research_only_is_marked():
    for name, entry in MODELS.items():
        research = any(word in entry.licence + entry.training_data for word in ("research", "NC"))
        assert entry.commercial == (not research), name
