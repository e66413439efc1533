import sys

import numpy as np
import pytest

from posewright.errors import ModelError, UsageError
from posewright.models.onnx import DEVICES, OnnxSession
from tests.models.tiny_onnx import write_unary

onnxruntime = pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra `onnx`)")


@pytest.fixture
def network(tmp_path):
    return write_unary(tmp_path / "relu.onnx", "Relu", ("batch", 3, 4, 6))


def test_a_network_runs_in_batches_of_any_size(network):
    session = OnnxSession(network, threads=1)
    assert session.input_shapes == session.output_shapes == [(-1, 3, 4, 6)]
    assert session.image_size() == (4, 6)
    many = np.random.default_rng(0).normal(size=(5, 3, 4, 6)).astype(np.float32)
    (together,) = session.run([many])
    np.testing.assert_array_equal(together, np.maximum(many, 0))
    for i in range(5):
        np.testing.assert_array_equal(session.run([many[i : i + 1, :, :, :]])[0][0], together[i])


def test_what_runs_it_is_said(network):
    session = OnnxSession(network)
    assert session.providers[0] == "CPUExecutionProvider"
    assert session.runtime == "ONNX Runtime on cpu (CPUExecutionProvider)"


def test_unknown_devices_are_refused_with_the_choice(network):
    with pytest.raises(UsageError, match=r"no device 'gpu'.*cuda"):
        OnnxSession(network, "gpu")


def test_a_device_that_is_not_installed_is_not_replaced_by_another(network):
    absent = [device for device, (provider, _) in DEVICES.items() if provider not in onnxruntime.get_available_providers()]
    assert absent, "no machine has them all"
    for device in absent:
        with pytest.raises(ModelError, match=f"--device {device} needs .*CPUExecutionProvider.*brings it"):
            OnnxSession(network, device)


def test_a_device_that_does_not_start_is_not_replaced_by_another(network, monkeypatch):
    """ONNX Runtime warns on the console and goes on with the CPU when a driver is missing."""
    made = onnxruntime.InferenceSession

    def without_driver(path, options, providers):
        return made(path, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", without_driver)
    with pytest.raises(ModelError, match="could not start it and would use CPUExecutionProvider"):
        OnnxSession(network, "cuda")


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x08" + b"\xff" * 40], ids=["empty", "text", "garbage"])
def test_files_that_are_no_network_are_refused(tmp_path, content):
    file = tmp_path / "bad.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx cannot be loaded"):
        OnnxSession(file)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.onnx does not exist"):
        OnnxSession(tmp_path / "none.onnx")


def test_another_input_size_is_refused(network):
    with pytest.raises(ModelError, match=r"takes \[\(-1, 3, 4, 6\)\], given \[\(1, 3, 8, 6\)\]"):
        OnnxSession(network).run([np.zeros((1, 3, 8, 6), np.float32)])
    with pytest.raises(ModelError, match="1 inputs, not 2"):
        OnnxSession(network).run([np.zeros((1, 3, 4, 6), np.float32)] * 2)


@pytest.mark.parametrize("shape", [("batch", 243, 17, 2), ("batch", 3, "height", "width"), ("batch", 3)])
def test_a_network_of_no_fixed_picture_has_no_size(tmp_path, shape):
    with pytest.raises(ModelError, match="another kind of network"):
        OnnxSession(write_unary(tmp_path / "other.onnx", "Relu", shape)).image_size()


def test_without_the_extra_the_error_names_it(network, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"pip install 'posewright\[onnx\]'"):
        OnnxSession(network)
