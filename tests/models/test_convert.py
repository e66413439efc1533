import sys

import pytest

from posewright import models, nets
from posewright.errors import ModelError, UsageError
from posewright.models import MODELS


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    return tmp_path / "models"


@pytest.fixture
def conversions(monkeypatch):
    """The calls of the conversion itself, which `posewright.nets` tests; here it writes a word."""
    calls = []

    def convert(name, checkpoint, path, *, shape=None):
        calls.append((name, checkpoint, path, shape))
        path.write_text("network")

    monkeypatch.setattr(nets, "convert", convert)
    return calls


def put(home, name):
    file = home / name / MODELS[name].files[0].name
    file.parent.mkdir(parents=True)
    file.write_text("checkpoint")
    return file


def test_a_checkpoint_is_converted_on_first_use_only(home, conversions):
    checkpoint = put(home, "hrnet-w32-384x288")
    expected = home / "hrnet-w32-384x288" / "hrnet-w32-384x288.onnx"
    assert models.network_path("hrnet-w32-384x288") == expected
    checkpoint.unlink()
    assert models.is_present("hrnet-w32-384x288")
    assert models.network_path("hrnet-w32-384x288") == expected
    assert conversions == [("hrnet-w32", checkpoint, expected, (1, 3, 384, 288))]


def test_without_weights_the_error_says_which_file_from_where_and_where_to_put_it(home):
    with pytest.raises(ModelError) as caught:
        models.network_path("simplebaseline-res50")
    for said in (
        "pose_resnet_50_256x192.pth.tar",
        "https://drive.google.com/",
        str(home / "simplebaseline-res50"),
        "simplebaseline-res50.onnx",
        "models convert simplebaseline-res50",
    ):
        assert said in str(caught.value)


def test_what_is_published_as_onnx_is_taken_as_it_is(home, conversions):
    file = put(home, "rtmpose-m")
    assert models.network_path("rtmpose-m") == file
    assert conversions == []
    with pytest.raises(ModelError, match="needs no conversion"):
        models.convert("rtmpose-m", file)


def test_a_converted_file_can_go_anywhere(home, conversions, tmp_path):
    assert models.convert("motionbert-lite", tmp_path / "mine.bin", tmp_path / "mine.onnx") == tmp_path / "mine.onnx"
    assert models.convert("motionbert-lite", tmp_path / "mine.bin") == home / "motionbert-lite" / "motionbert-lite.onnx"
    assert [call[2] for call in conversions] == [tmp_path / "mine.onnx", home / "motionbert-lite" / "motionbert-lite.onnx"]


def test_unknown_names_are_refused(home):
    with pytest.raises(UsageError, match="Did you mean hrnet-w32"):
        models.convert("hrnet-w33", "x")


def test_without_pytorch_the_error_names_the_extra(home, monkeypatch):
    checkpoint = put(home, "hrnet-w32")
    monkeypatch.setitem(sys.modules, "torch", None)
    for module in [name for name in sys.modules if name.startswith("posewright.nets.") and name != "posewright.nets.table"]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(ModelError, match=r"pip install 'posewright\[train\]'"):
        models.convert("hrnet-w32", checkpoint)
