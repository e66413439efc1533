"""Shorten a `.tflite` graph in place: drop outputs that nobody reads, and the operators that only they need.

BlazePose spends a third of its time on a segmentation mask. A FlatBuffer's vectors may be shortened where they lie, so
nothing is packed anew: the list of operators is rewritten without those that lead to no output. Field numbers are those of
TensorFlow Lite's schema (https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs),
the layout that of FlatBuffers (https://flatbuffers.dev/internals/).
"""

from __future__ import annotations

import struct
from collections.abc import Collection

_SUBGRAPHS = 2  # of Model
_TENSORS, _OUTPUTS, _OPERATORS = 0, 2, 3  # of SubGraph
_OPERATOR_INPUTS, _OPERATOR_OUTPUTS = 1, 2  # of Operator
_TENSOR_NAME = 3  # of Tensor


def without_outputs(model: bytes, names: Collection[str]) -> bytes:
    """A .tflite model without the outputs called `names`.

    Raises:
        ValueError: it has no such output.
    """
    if not names:
        return model
    buffer = bytearray(model)
    subgraph = _references(buffer, _follow(buffer, _field(buffer, _follow(buffer, 0), _SUBGRAPHS)))[0]
    tensors = _references(buffer, _follow(buffer, _field(buffer, subgraph, _TENSORS)))
    outputs_at = _follow(buffer, _field(buffer, subgraph, _OUTPUTS))
    operators_at = _follow(buffer, _field(buffer, subgraph, _OPERATORS))
    outputs = _integers(buffer, outputs_at)
    titles = {index: _text(buffer, _follow(buffer, _field(buffer, tensors[index], _TENSOR_NAME))) for index in outputs}
    missing = set(names) - set(titles.values())
    if missing:
        raise ValueError(f"the model has no output {', '.join(sorted(missing))}; it has {', '.join(titles.values())}")
    kept_outputs = [index for index in outputs if titles[index] not in names]
    kept_operators = _needed(buffer, _references(buffer, operators_at), kept_outputs)
    _write(buffer, outputs_at, kept_outputs)
    _write(buffer, operators_at, [at - (operators_at + 4 + 4 * i) for i, at in enumerate(kept_operators)])
    return bytes(buffer)


def _needed(buffer: bytearray, operators: list[int], outputs: list[int]) -> list[int]:
    """Those of the operators, given in order of execution, that lead to `outputs`."""
    needed = set(outputs)
    kept = []
    for operator in reversed(operators):
        if needed.intersection(_numbers(buffer, operator, _OPERATOR_OUTPUTS)):
            needed.update(_numbers(buffer, operator, _OPERATOR_INPUTS))
            kept.append(operator)
    return kept[::-1]


def _numbers(buffer: bytearray, table: int, field: int) -> list[int]:
    return _integers(buffer, _follow(buffer, _field(buffer, table, field)))


def _field(buffer: bytearray, table: int, number: int) -> int:
    """Where field `number` of the table at `table` lies."""
    vtable = table - struct.unpack_from("<i", buffer, table)[0]
    size = struct.unpack_from("<H", buffer, vtable)[0]
    offset = struct.unpack_from("<H", buffer, vtable + 4 + 2 * number)[0] if 4 + 2 * number < size else 0
    if not offset:
        raise ValueError(f"damaged model: field {number} is missing")
    return table + offset


def _follow(buffer: bytearray, at: int) -> int:
    return at + struct.unpack_from("<I", buffer, at)[0]


def _integers(buffer: bytearray, vector: int) -> list[int]:
    return list(struct.unpack_from(f"<{_length(buffer, vector)}i", buffer, vector + 4))


def _references(buffer: bytearray, vector: int) -> list[int]:
    """Where the tables lie to which a vector points."""
    return [_follow(buffer, vector + 4 + 4 * i) for i in range(_length(buffer, vector))]


def _text(buffer: bytearray, string: int) -> str:
    return buffer[string + 4 : string + 4 + _length(buffer, string)].decode()


def _length(buffer: bytearray, vector: int) -> int:
    return struct.unpack_from("<I", buffer, vector)[0]


def _write(buffer: bytearray, vector: int, values: list[int]) -> None:
    """Overwrite a vector by one that is no longer."""
    struct.pack_into(f"<I{len(values)}i", buffer, vector, len(values), *values)
