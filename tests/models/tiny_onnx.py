"""ONNX files of one operator, written byte by byte: the package that writes them is not among what everybody has.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

FLOAT = 1


def number(field: int, value: int) -> bytes:
    """A field that holds a whole number."""
    return _varint(field << 3) + _varint(value)


def message(field: int, content: bytes | str) -> bytes:
    """A field that holds text or another message."""
    content = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def value_info(name: str, shape: Sequence[int | str]) -> bytes:
    """A float tensor; a side that is a word may vary."""
    sides = b"".join(message(1, number(1, side) if isinstance(side, int) else message(2, side)) for side in shape)
    return message(1, name) + message(2, message(1, number(1, FLOAT) + message(2, sides)))


def write_unary(path: Path, operator: str, shape: Sequence[int | str], notes: Mapping[str, str] | None = None) -> Path:
    """A network whose output is `operator` of its input; `notes` are the file's metadata."""
    node = message(1, "x") + message(2, "y") + message(4, operator)
    graph = message(1, node) + message(2, "tiny") + message(11, value_info("x", shape)) + message(12, value_info("y", shape))
    path.write_bytes(
        number(1, 8)
        + message(7, graph)
        + message(8, message(1, "") + number(2, 15))
        + b"".join(message(14, message(1, key) + message(2, value)) for key, value in (notes or {}).items())
    )
    return path
