"""Weights come out of Caffe's files as protobuf's own library wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from posewright.errors import ModelError
from posewright.nets import load
from posewright.nets.containers import read_checkpoint
from tests.nets.tiny import TINY, randomised

protobuf = pytest.importorskip("google.protobuf")

SCHEMA = {
    "BlobShape": [("dim", 1, "int64s")],
    "BlobProto": [("num", 1, "int32"), ("channels", 2, "int32"), ("height", 3, "int32"), ("width", 4, "int32"), ("data", 5, "floats"), ("shape", 7, "BlobShape")],
    "LayerParameter": [("name", 1, "string"), ("type", 2, "string"), ("bottom", 3, "strings"), ("blobs", 7, "BlobProtos")],
    "V1LayerParameter": [("bottom", 2, "strings"), ("name", 4, "string"), ("blobs", 6, "BlobProtos")],
    "NetParameter": [("name", 1, "string"), ("layers", 2, "V1LayerParameters"), ("layer", 100, "LayerParameters")],
}
"""The part of caffe.proto that holds weights; a plural is a repeated field."""


@pytest.fixture(scope="module")
def caffe() -> dict[str, Any]:
    """The message classes of `SCHEMA`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="caffe_part.proto", package="caffe")
    kinds = {"int64": "TYPE_INT64", "int32": "TYPE_INT32", "float": "TYPE_FLOAT", "string": "TYPE_STRING"}
    for message, fields in SCHEMA.items():
        described = file.message_type.add(name=message)
        for name, number, kind in fields:
            single = kind.removesuffix("s")
            field = described.field.add(name=name, number=number, label="LABEL_REPEATED" if kind != single else "LABEL_OPTIONAL")
            if single in kinds:
                field.type = descriptor_pb2.FieldDescriptorProto.Type.Value(kinds[single])
                field.options.packed = kind in ("floats", "int64s")
            else:
                field.type, field.type_name = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, f".caffe.{single}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}")) for name in SCHEMA}


def write(caffe: dict[str, Any], path: Path, state: dict[str, torch.Tensor], old: bool = False) -> Path:
    """A Caffe file of the weights, in today's or in the old notation of layers and shapes."""
    net = caffe["NetParameter"](name="body")
    layers: dict[str, Any] = {}
    for key, value in state.items():
        name = key.rpartition(".")[0]
        if name not in layers:
            layers[name] = (net.layers if old else net.layer).add(name=name, bottom=["data"])
        blob = layers[name].blobs.add(data=value.flatten().tolist())
        if old:
            blob.num, blob.channels, blob.height, blob.width = [1] * (4 - value.dim()) + list(value.shape)
        else:
            blob.shape.dim.extend(value.shape)
    path.write_bytes(net.SerializeToString())
    return path


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("name", ["openpose-body25", "openpose-coco"])
def test_openpose_loads_from_a_caffe_file(name: str, old: bool, caffe: dict[str, Any], tmp_path: Path) -> None:
    net = randomised(name)
    by_layer = {key.removeprefix(f"{key.partition('.')[0]}.") if name == "openpose-coco" else key: value for key, value in net.state_dict().items()}
    file = write(caffe, tmp_path / "pose.caffemodel", by_layer, old)
    assert {key: value.shape for key, value in read_checkpoint(file).items()} == {key: value.shape for key, value in by_layer.items()}
    loaded = load(name, file, **TINY[name][0])
    assert all(torch.equal(value, net.state_dict()[key]) for key, value in loaded.state_dict().items())


def test_truncated(caffe: dict[str, Any], tmp_path: Path) -> None:
    file = write(caffe, tmp_path / "pose.caffemodel", randomised("openpose-body25").state_dict())
    whole = file.read_bytes()
    for length in (3, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"pose\.caffemodel"):
            read_checkpoint(file)
