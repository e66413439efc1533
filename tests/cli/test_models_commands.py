"""`posewright models`, and what is said of networks that are missing, damaged, unsafe or of another kind."""

from __future__ import annotations

import importlib.util
import os

import pytest
from typer.testing import CliRunner

from posewright.cli import app
from posewright.models import MODELS
from posewright.study.sample import sample_clip
from tests.models.tiny_onnx import write_unary

HAVE = {package: importlib.util.find_spec(package) is not None for package in ("torch", "onnx", "onnxruntime")}
needs_torch = pytest.mark.skipif(not (HAVE["torch"] and HAVE["onnx"]), reason="needs PyTorch and ONNX (extra `train`)")
needs_onnx = pytest.mark.skipif(not HAVE["onnxruntime"], reason="needs ONNX Runtime (extra `onnx`)")
runner = CliRunner()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    (tmp_path / "home" / "models").mkdir(parents=True)
    return tmp_path / "home" / "models"


def run(*arguments: object) -> str:
    result = runner.invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object) -> str:
    result = runner.invoke(app, [*map(str, arguments)])
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


def test_the_list_marks_what_may_not_be_used_commercially(home):
    rows = {cells[0].strip(): cells for line in run("models", "list").splitlines() if len(cells := [*line.strip("│┃").split("│")]) == 8}
    named = {name: rows[name] for name in MODELS if name in rows}  # long names are broken over two lines
    assert len(named) > 20
    for name, cells in named.items():
        assert cells[5].strip(), name
        assert cells[6].strip(), name
        assert cells[7].strip() == ("yes" if MODELS[name].commercial else "NO"), name


def test_every_network_has_its_licences_and_a_source():
    for name, entry in MODELS.items():
        assert entry.licence, name
        assert entry.training_data, name
        assert all(file.sources for file in entry.files), name
        restricted = any(word in f"{entry.licence} {entry.training_data}".lower() for word in ("research", "-nc", "not stated"))
        assert not (entry.commercial and restricted), name


@needs_onnx
def test_an_estimator_without_weights_says_which_file_from_where_and_where_to_put_it(home):
    lifter = home / "motionbert-lite" / "motionbert-lite.onnx"
    lifter.parent.mkdir()
    write_unary(lifter, "Relu", ("batch", "frames", 17, 3))
    told = refused("pose", sample_clip(), "--estimator", "centernet", "--lifter", "motionbert", "-o", os.devnull + ".json")
    for said in ("centernet-dla34", "multi_pose_dla_3x.pth", "https://drive.google.com/", str(home / "centernet-dla34"), "models convert centernet-dla34 CHECKPOINT"):
        assert said in told


@needs_onnx
def test_a_network_of_another_kind_is_refused(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, shape in (("motionbert-lite", ("batch", "frames", 17, 3)), ("centernet-dla34", ("batch", 3, 512, 512)), ("openpose-mobile", ("batch", 3, 64, 64))):
        (home / name).mkdir()
        write_unary(home / name / f"{name}.onnx", "Relu", shape)
    assert "centernet-dla34.onnx gives maps of [3] channels" in refused("pose", sample_clip(), "--estimator", "centernet", "--end", 0.2)
    assert "openpose-mobile.onnx gives maps of [3] channels" in refused("pose", sample_clip(), "--estimator", "openpose", "--end", 0.2)
    write_unary(home / "motionbert-lite" / "motionbert-lite.onnx", "Relu", ("batch", 3, 64, 64))
    assert "motionbert-lite.onnx gives arrays of shape" in refused("pose", sample_clip(), "--estimator", "openpose", "--end", 0.2, "--lifter", "motionbert")
    (home / "motionbert-lite" / "motionbert-lite.onnx").write_bytes(b"\x08\x08" + b"\xff" * 40)
    assert "cannot be loaded as an ONNX model" in refused("pose", sample_clip(), "--estimator", "openpose", "--lifter", "motionbert")
    assert os.listdir(tmp_path) == ["home"]


@needs_onnx
@pytest.mark.usefixtures("blazepose")
def test_another_input_size_is_refused(tmp_path, monkeypatch):
    """A lifter for clips of 81 frames in the place of one for any."""
    from posewright import models

    home = tmp_path / "home" / "models"
    home.mkdir(parents=True)
    for name in ("blazepose-detector", "blazepose-full"):
        (home / name).symlink_to(models.cache_dir() / "models" / name, target_is_directory=True)
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (home / "motionbert-lite").mkdir()
    write_unary(home / "motionbert-lite" / "motionbert-lite.onnx", "Relu", (1, 81, 17, 3))
    told = refused("pose", sample_clip(), "--estimator", "blazepose", "--lifter", "motionbert", "--end", 0.3)
    assert "motionbert-lite.onnx cannot be run on cpu: it takes [(1, 81, 17, 3)], given [(2, 9, 17, 3)]" in told
    assert os.listdir(tmp_path) == ["home"]


class Malicious:
    """Unpickled in the ordinary way, creates a folder."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@needs_torch
def test_checkpoints_that_cannot_be_converted(home, tmp_path):
    import torch

    from posewright import nets

    whole, bad = tmp_path / "whole.pth", tmp_path / "bad.pth"
    torch.save({"state_dict": nets.build("openpose-mobile").state_dict(), "iter": 1}, whole)
    bad.write_bytes(whole.read_bytes()[:-5000])
    assert "bad.pth is cut short or damaged" in refused("models", "convert", "openpose-mobile", bad)
    assert "holds no weights (looked for model_pos)" in refused("models", "convert", "videopose3d", whole)
    told = refused("models", "convert", "hrnet-w32", whole)
    assert "hrnet-w32 cannot be converted to ONNX" in told
    assert "keys are missing (conv1.weight" in told
    assert "It fits openpose-mobile." in told
    torch.save({"state_dict": {"a": torch.ones(1)}, "extra": Malicious(tmp_path / "owned")}, bad)
    assert "was refused: its pickle asks for" in refused("models", "convert", "openpose-mobile", bad)
    assert not (tmp_path / "owned").exists()
    bad.write_text("<!DOCTYPE html>")
    assert "is no checkpoint" in refused("models", "convert", "openpose-mobile", bad)
    assert "cannot read" in refused("models", "convert", "openpose-mobile", tmp_path / "none.pth")
    assert "needs no conversion" in refused("models", "convert", "rtmpose-m", whole)
    assert not list(home.rglob("*.onnx"))


@needs_torch
def test_a_network_is_exported_as_another_engine_wants_it(home, tmp_path):
    import onnx

    def form(file):
        model = onnx.load(str(file))
        shape = [side.dim_param or side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
        return model.opset_import[0].version, shape

    file = tmp_path / "net.onnx"
    run("models", "export", "martinez", "--random", 1, "-o", file)
    assert form(file) == (15, ["batch", 16, 2])
    run("models", "export", "martinez", "--random", 1, "-o", file, "--fixed", "--opset", 13)
    assert form(file) == (13, [1, 16, 2])
    first, again = file.read_bytes(), run("models", "export", "martinez", "--random", 1, "-o", file, "--fixed", "--opset", 13) and file.read_bytes()
    assert first == again
    run("models", "export", "martinez", "--random", 2, "-o", file, "--fixed", "--opset", 13)
    assert file.read_bytes() != first


def test_what_lies_in_the_store_is_copied(home, tmp_path):
    (home / "rtmpose-m").mkdir()
    write_unary(home / "rtmpose-m" / "rtmpose-m.onnx", "Relu", ("batch", 3, 256, 192))
    run("models", "export", "rtmpose-m", "-o", tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == (home / "rtmpose-m" / "rtmpose-m.onnx").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "there is no network 'nothing'"),
        (("martinez",), "--checkpoint FILE or --random SEED"),
        (("martinez", "--random", 1, "--checkpoint", "x"), "not both"),
        (("martinez", "--random", 1, "--opset", 7), "from 13 to 20"),
        (("rtmpose-m", "--random", 1), "without an architecture"),
        (("hrnet-w32",), "pose_hrnet_w32_256x192.pth"),
    ],
)
def test_exports_that_cannot_be(home, tmp_path, arguments, said):
    assert said in refused("models", "export", *arguments, "-o", tmp_path / "net.onnx")
    assert not (tmp_path / "net.onnx").exists()
