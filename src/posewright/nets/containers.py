"""Reading published checkpoint files as data: whatever a file holds, none of its code is run.

`torch.load` is not used: a pickle may call any function, `weights_only=True` could be talked round
before PyTorch 2.6 (CVE-2025-32434), and it refuses harmless files that carry a NumPy random state, as
VideoPose3D's do. So both of PyTorch's containers are read here with an unpickler that knows a short
list of names and turns away everything else.
"""

from __future__ import annotations

import collections
import functools
import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NoReturn

import torch
from torch import Tensor

from posewright.errors import ModelError
from posewright.nets.caffe import read_caffemodel

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL = 1001
DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_checkpoint(path: str | os.PathLike[str]) -> Any:
    """What a PyTorch file (zip or legacy container), a .safetensors or a .caffemodel file holds: mappings, lists, numbers and CPU tensors.

    The first three are told apart by their first bytes, not by the name. NumPy arrays and random states inside come out as inert placeholders.

    Raises:
        ModelError: the file is missing, cut short, damaged, in none of these formats, or its pickle
            wants to call something that no checkpoint needs (it is not called).
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
            stream.seek(0)
            if head.startswith(b"PK\x03\x04"):
                return _read_zip(stream)
            if head.startswith(b"\x80"):
                return _read_legacy(stream)
            if head[8:9] == b"{":
                return _read_safetensors(file)
            if file.suffix == ".caffemodel":  # protobuf has no mark of its own
                return read_caffemodel(file)
        raise ModelError(f"{file} is no checkpoint: it is neither a PyTorch file nor .safetensors nor .caffemodel. Download it again, or check what was saved (a web page?).")
    except _ForbiddenError as error:
        raise ModelError(f"{file} was refused: its pickle asks for {error}, which no checkpoint needs and which could run code. Do not trust its source.") from None
    except OSError as error:
        raise ModelError(f"cannot read {file}: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise ModelError(f"{file} is cut short or damaged ({type(error).__name__}: {error}). Download it again.") from error


class _ForbiddenError(Exception):
    """The pickle names something that is not on the list."""


# What parsers raise on broken input. RuntimeError: PyTorch, on a view that leaves its storage.
_DAMAGE: tuple[type[Exception], ...] = (
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    OverflowError,
    MemoryError,
)


class _Inert:
    """Stands for an object that is of no use to a network (a random state, a NumPy scalar): swallows its contents."""

    def __new__(cls, *args: object, **kwargs: object) -> _Inert:
        return super().__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...


def _rebuild_tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    """A view of a flat storage; PyTorch checks that it stays inside."""
    return torch.as_strided(storage, tuple(size), tuple(stride), storage.storage_offset() + offset)


def _rebuild_parameter(data: Tensor, *_: object) -> Tensor:
    return data


_INERT = {
    "numpy": ("dtype", "ndarray"),
    "numpy.random": ("__RandomState_ctor",),
    "numpy.random._pickle": ("__randomstate_ctor", "__bit_generator_ctor", "__generator_ctor"),
    "numpy.random._mt19937": ("MT19937",),
    "numpy.random.mtrand": ("RandomState",),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.numeric": ("_frombuffer",),
    "numpy.core.numeric": ("_frombuffer",),
    "_codecs": ("encode",),
    "torch": ("device",),
}
ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "Counter"): collections.Counter,  # milestones of a learning-rate schedule
    ("torch", "Size"): tuple,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    **{("torch", name): dtype for name, dtype in DTYPES.items()},
    **{(module, name): _Inert for module, names in _INERT.items() for name in names},
}
"""Every name that a checkpoint's pickle may use, and what it gets. Nothing here touches the machine."""


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: IO[bytes], storage: Callable[[tuple[Any, ...]], Tensor] | None = None) -> None:
        # Latin-1 reads the strings of Python 2 without failing; all keys are ASCII.
        super().__init__(stream, encoding="latin1")
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise _ForbiddenError(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Tensor:
        if self._storage is None or not isinstance(pid, tuple) or pid[0] != "storage":
            raise pickle.UnpicklingError(f"unknown persistent id {pid!r:.80}")
        return self._storage(pid)


def _read_zip(stream: IO[bytes]) -> Any:
    """`<name>/data.pkl` and, for each storage, `<name>/data/<key>` with its raw bytes, uncompressed."""
    with zipfile.ZipFile(stream) as archive:
        members = {info.filename.partition("/")[2]: info for info in archive.infolist()}
        if any(info.compress_type != zipfile.ZIP_STORED for info in members.values()):  # PyTorch never does; a bomb would
            raise ValueError("its archive is compressed")
        if "byteorder" in members and archive.read(members["byteorder"]).strip() != b"little":
            _reject_big_endian()

        @functools.cache
        def storage(dtype: torch.dtype, key: str, numel: int) -> Tensor:
            info = members[f"data/{key}"]
            if info.file_size != numel * dtype.itemsize:
                raise ValueError(f"storage {key} has {info.file_size} bytes where {numel} x {dtype} were promised")
            with archive.open(info) as source:
                return _read_storage(source, dtype, numel)

        pickled = io.BytesIO(archive.read(members["data.pkl"]))
        return _Unpickler(pickled, lambda pid: storage(pid[1], str(pid[2]), int(pid[4]))).load()


def _read_legacy(stream: IO[bytes]) -> Any:
    """Pickles one after the other (magic number, version, system, contents, storage keys), then each storage: its length and its raw bytes."""
    if _Unpickler(stream).load() != LEGACY_MAGIC:
        raise pickle.UnpicklingError("a pickle, but not one of PyTorch's")
    if _Unpickler(stream).load() != LEGACY_PROTOCOL:
        raise pickle.UnpicklingError("an unknown version of PyTorch's legacy container")
    if not _Unpickler(stream).load().get("little_endian", True):
        _reject_big_endian()
    size = os.fstat(stream.fileno()).st_size
    storages: dict[str, Tensor] = {}

    def storage(pid: tuple[Any, ...]) -> Tensor:
        _, dtype, key, _, numel, *view = pid
        if key not in storages:
            if not 0 <= numel * dtype.itemsize <= size:
                raise EOFError(f"storage {key} is promised {numel} x {dtype}, more than the file holds")
            storages[key] = torch.empty(numel, dtype=dtype)
        if view and view[0] is not None:  # a part of a storage, in files of PyTorch 0.x
            _, start, length = view[0]
            return storages[key][start : start + length]
        return storages[key]

    contents = _Unpickler(stream, storage).load()
    keys = _Unpickler(stream).load()
    if set(keys) != set(storages):
        raise pickle.UnpicklingError("its list of storages does not match its contents")
    for key in keys:
        (numel,) = struct.unpack("<q", stream.read(8))
        if numel != storages[key].numel():
            raise ValueError(f"storage {key} has {numel} numbers where {storages[key].numel()} were promised")
        storages[key].copy_(_read_storage(stream, storages[key].dtype, numel))
    return contents


def _read_storage(stream: IO[bytes], dtype: torch.dtype, numel: int) -> Tensor:
    data = bytearray(stream.read(numel * dtype.itemsize))
    if len(data) < numel * dtype.itemsize:
        raise EOFError(f"the file ends {numel * dtype.itemsize - len(data)} bytes too early")
    return torch.frombuffer(data, dtype=dtype) if numel else torch.empty(0, dtype=dtype)


def _reject_big_endian() -> NoReturn:
    raise ValueError("written on a big-endian machine, which is not supported")


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    import safetensors
    from safetensors.torch import load_file

    try:
        return load_file(file)
    except safetensors.SafetensorError as error:
        raise ValueError(str(error)) from error
