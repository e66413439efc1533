"""Weights out of a .caffemodel: the few fields of Caffe's `NetParameter` message that hold them, read without Caffe.

Wire format: https://protobuf.dev/programming-guides/encoding/. Field numbers: Caffe's caffe.proto.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

LAYER, LAYER_V1 = 100, 2  # fields of NetParameter
NAME_AND_BLOBS = {LAYER: (1, 7), LAYER_V1: (4, 6)}  # fields of LayerParameter and of V1LayerParameter
DATA, SHAPE, OLD_SHAPE = 5, 7, (1, 2, 3, 4)  # fields of BlobProto
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
PARAMETERS = ("weight", "bias")

Fields = dict[int, list[memoryview | int]]


def read_caffemodel(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """`<layer>.weight` and `<layer>.bias` of every layer that has them.

    Raises:
        ValueError: cut short, or no such message.
    """
    net = parse(memoryview(Path(path).read_bytes()))
    state = {}
    for kind, (name_field, blob_field) in NAME_AND_BLOBS.items():
        for message in net[kind]:
            layer = parse(message)
            for parameter, blob in zip(PARAMETERS, layer[blob_field], strict=False):
                state[f"{bytes(view(layer[name_field][0])).decode()}.{parameter}"] = read_blob(parse(blob))
    if not state:
        raise ValueError("no layer in it has weights")
    return state


def read_blob(blob: Fields) -> Tensor:
    """The array of a BlobProto, in its shape without leading ones for the old, always four-dimensional notation of vectors."""
    packed = blob[DATA]
    # One packed field, or in very old files one fixed32 field for each number.
    data = np.frombuffer(b"".join(view(part) for part in packed), "<f4")
    if blob[SHAPE]:
        shape = [integer for part in parse(blob[SHAPE][0])[1] for integer in integers(part)]
    else:
        shape = [integers(blob[field][0])[0] if blob[field] else 1 for field in OLD_SHAPE]
        shape = shape[3:] if shape[:3] == [1, 1, 1] else shape
    return torch.from_numpy(data.astype(np.float32).reshape(shape))


def parse(message: memoryview | int) -> Fields:
    """The fields of a message by number; each time a field occurs adds to its list."""
    rest = view(message)
    fields: Fields = defaultdict(list)
    position = 0
    while position < len(rest):
        key, position = read_varint(rest, position)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, position = read_varint(rest, position)
            fields[number].append(value)
            continue
        if kind == LENGTH:
            length, position = read_varint(rest, position)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"no Caffe model: wire type {kind} at byte {position}")
        if position + length > len(rest):
            raise ValueError("it ends too early")
        fields[number].append(rest[position : position + length])
        position += length
    return fields


def read_varint(data: memoryview, position: int) -> tuple[int, int]:
    """An integer of seven bits a byte, lowest first, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7


def integers(part: memoryview | int) -> list[int]:
    """A repeated integer field: one number, or several packed."""
    if isinstance(part, int):
        return [part]
    numbers, position = [], 0
    while position < len(part):
        number, position = read_varint(part, position)
        numbers.append(number)
    return numbers


def view(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise ValueError("no Caffe model: a number where a message belongs")
    return value
