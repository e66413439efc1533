"""Exported networks compute under ONNX Runtime what they compute in PyTorch, at other batch sizes, lengths and image sizes too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from posewright.errors import OutputError
from posewright.nets import NETS, build, convert, export_onnx
from tests.nets.tiny import TINY, randomised

onnxruntime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

# Those of the operators that Unity's importer knows which our networks use.
UNITY = {
    *("Add", "And", "BatchNormalization", "Cast", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvTranspose", "Div", "Elu", "Equal"),
    *("Erf", "Expand", "Flatten", "Floor", "Gather", "Gemm", "GreaterOrEqual", "InstanceNormalization", "LessOrEqual", "MatMul", "MaxPool", "Mod"),
    *("Mul", "PRelu", "Pad", "Pow", "Range", "ReduceL2", "ReduceMean", "Relu", "Reshape", "Resize", "Shape", "Sigmoid", "Slice", "Softmax", "Sqrt"),
    *("Squeeze", "Sub", "Tanh", "Transpose", "Unsqueeze", "Where"),
}


@pytest.mark.parametrize("name", TINY)
def test_outputs_equal_pytorchs(name: str, tmp_path: Path) -> None:
    _, shape, other = TINY[name]
    net, spec, file = randomised(name), NETS[name], tmp_path / "net.onnx"
    export_onnx(net, file, name, shape=shape)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == list(spec.outputs)
    for size in (shape, other):
        x = torch.randn(size, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            expected = net(x)
        found = session.run(None, {"input": x.numpy()})
        for ours, theirs in zip(expected if isinstance(expected, tuple) else (expected,), found, strict=True):
            assert ours.shape == theirs.shape
            assert ours.std() > 1e-3, "a silent output proves nothing"
            np.testing.assert_allclose(theirs, ours.numpy(), rtol=1e-4, atol=1e-4 * float(ours.abs().max()))


@pytest.mark.parametrize("name", TINY)
def test_unity_can_read_the_graph(name: str, tmp_path: Path) -> None:
    """Opset 15, and no operator or mode that Unity's inference engine lacks: it has no DeformConv and no cubic resize."""
    file = tmp_path / "net.onnx"
    export_onnx(randomised(name), file, name, shape=TINY[name][1])
    model = onnx.load(str(file))
    onnx.checker.check_model(model)
    assert {imported.domain: imported.version for imported in model.opset_import} == {"": 15}
    assert {node.op_type for node in model.graph.node} <= UNITY
    for node in model.graph.node:
        if node.op_type == "Resize":
            modes = {a.name: a.s.decode() for a in node.attribute if a.type == onnx.AttributeProto.STRING}
            assert modes["mode"] in {"nearest", "linear"}
            assert modes["coordinate_transformation_mode"] in {"asymmetric", "half_pixel", "pytorch_half_pixel", "align_corners"}
    notes = {note.key: note.value for note in model.metadata_props}
    assert notes["posewright.network"] == name
    assert ("posewright.mean" in notes) == (NETS[name].pixels is not None)


def test_open_axes_are_named(tmp_path: Path) -> None:
    export_onnx(randomised("motionbert"), tmp_path / "net.onnx", "motionbert", shape=TINY["motionbert"][1])
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["batch", "frames", 17, 3]
    assert session.get_outputs()[0].shape == ["batch", "output_frames", 17, 3]


def test_a_batch_equals_its_members() -> None:
    net = randomised("centernet-dla34")
    x = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        together, alone = net(x), [net(x[i : i + 1]) for i in range(3)]
    for head in range(len(together)):
        torch.testing.assert_close(together[head], torch.cat([one[head] for one in alone]), rtol=1e-5, atol=1e-5)


def test_from_checkpoint_to_file_at_full_size(tmp_path: Path) -> None:
    net = build("openpose-mobile")
    torch.save({"state_dict": net.state_dict(), "iter": 1}, tmp_path / "checkpoint.pth")
    convert("openpose-mobile", tmp_path / "checkpoint.pth", tmp_path / "net.onnx", shape=(1, 3, 64, 64))
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    assert session.get_modelmeta().custom_metadata_map["posewright.network"] == "openpose-mobile"
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        heatmaps, _ = net(x)
    np.testing.assert_allclose(session.run(["heatmaps"], {"input": x.numpy()})[0], heatmaps.numpy(), rtol=1e-4, atol=1e-5)


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        export_onnx(build("martinez"), tmp_path / "no" / "net.onnx", "martinez")
    with pytest.raises(RuntimeError):
        export_onnx(build("martinez"), tmp_path / "net.onnx", "martinez", shape=(1, 17, 2))
    assert list(tmp_path.iterdir()) == []
