"""Checkpoint files are read as data: every container, nothing truncated or damaged, and no code of theirs is ever run."""

from __future__ import annotations

import io
import os
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from posewright.errors import ModelError
from posewright.nets.containers import LEGACY_MAGIC, LEGACY_PROTOCOL, read_checkpoint


def contents() -> dict[str, Any]:
    """What a training program saves: weights, a view of them, other types, an optimiser, a random state."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(4, 3, generator=generator)
    layer = torch.nn.Linear(3, 4)
    optimiser = torch.optim.Adam(layer.parameters(), amsgrad=True)
    layer(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    state = OrderedDict(
        weight=weight,
        transposed=weight.t(),
        row=weight[2],
        parameter=torch.nn.Parameter(torch.ones(2)),
        count=torch.tensor(7),
        half=torch.ones(3, dtype=torch.float16),
        brain=torch.ones(3, dtype=torch.bfloat16),
        empty=torch.empty(0, 5),
    )
    numpy_things = {"random_state": np.random.RandomState(1), "best": np.float64(0.5), "array": np.arange(3)}
    return {"epoch": 3, "lr": 1e-3, "model_pos": state, "model_traj": None, "optimizer": optimiser.state_dict(), **numpy_things}


def save(path: Path, legacy: bool, what: Any = None) -> Path:
    torch.save(contents() if what is None else what, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_both_containers_give_back_what_was_saved(tmp_path: Path, legacy: bool) -> None:
    read, saved = read_checkpoint(save(tmp_path / "net.bin", legacy)), contents()
    assert list(read) == list(saved)
    assert (read["epoch"], read["lr"], read["model_traj"]) == (3, 1e-3, None)
    assert list(read["model_pos"]) == list(saved["model_pos"])
    for name, value in saved["model_pos"].items():
        assert read["model_pos"][name].dtype == value.dtype
        assert torch.equal(read["model_pos"][name], value)
    assert torch.equal(read["optimizer"]["state"][0]["max_exp_avg_sq"], saved["optimizer"]["state"][0]["max_exp_avg_sq"])


def test_old_numpy_names_are_known(tmp_path: Path) -> None:
    """Files of 2018 name NumPy's internals otherwise than a NumPy of today would."""
    stream = io.BytesIO()
    for part in (LEGACY_MAGIC, LEGACY_PROTOCOL, {"little_endian": True}):
        pickle.dump(part, stream, protocol=2)
    stream.write(b"\x80\x02cnumpy.random\n__RandomState_ctor\n)R(X\x07\x00\x00\x00MT19937cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85c_codecs\nencode\n")
    stream.write(b"X\x01\x00\x00\x00bX\x06\x00\x00\x00latin1\x86R\x87RtbX\x04\x00\x00\x00doneq\x00\x86.")
    pickle.dump([], stream, protocol=2)
    (tmp_path / "old.bin").write_bytes(stream.getvalue())
    assert read_checkpoint(tmp_path / "old.bin")[1] == "done"


class ViewOfStorage:
    """A tensor of two numbers on a part of a storage, as PyTorch 0.x could write it: numbers 3 and 4 of the part that begins at number 2."""

    def __reduce__(self) -> tuple[Any, ...]:
        return torch._utils._rebuild_tensor_v2, (self, 1, (2,), (1,), False, OrderedDict())


class OldPickler(pickle.Pickler):
    """Writes `ViewOfStorage` where a storage belongs."""

    inside = False

    def persistent_id(self, obj: object) -> Any:
        if isinstance(obj, ViewOfStorage):
            self.inside = not self.inside  # first met as the tensor, then as its storage
            return None if self.inside else ("storage", torch.FloatStorage, "0", "cpu", 6, ("1", 2, 4))
        return None


def test_views_of_storages_in_old_files(tmp_path: Path) -> None:
    stream = io.BytesIO()
    for part in (LEGACY_MAGIC, LEGACY_PROTOCOL, {"little_endian": True}):
        pickle.dump(part, stream, protocol=2)
    OldPickler(stream, protocol=2).dump({"view": ViewOfStorage()})
    pickle.dump(["0"], stream, protocol=2)
    stream.write(np.int64(6).tobytes() + np.arange(6, dtype=np.float32).tobytes())
    (tmp_path / "old.bin").write_bytes(stream.getvalue())
    assert read_checkpoint(tmp_path / "old.bin")["view"].tolist() == [3.0, 4.0]


def test_safetensors(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file({"weight": torch.arange(3.0)}, tmp_path / "net.anything")
    assert torch.equal(read_checkpoint(tmp_path / "net.anything")["weight"], torch.arange(3.0))
    whole = (tmp_path / "net.anything").read_bytes()
    (tmp_path / "cut").write_bytes(whole[:-4])
    with pytest.raises(ModelError, match="cut short or damaged"):
        read_checkpoint(tmp_path / "cut")


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_truncated_at_any_point(tmp_path: Path, legacy: bool) -> None:
    whole = save(tmp_path / "net.bin", legacy).read_bytes()
    cut = tmp_path / "cut.bin"
    for length in [0, 1, 5, 20, *range(50, len(whole) - 1, 97), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(ModelError, match=r"cut\.bin"):
            read_checkpoint(cut)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_damage_never_raises_anything_else(tmp_path: Path, legacy: bool) -> None:
    whole = save(tmp_path / "net.bin", legacy, {"state_dict": {"a": torch.ones(3), "b": torch.zeros(2, 2)}}).read_bytes()
    damaged = tmp_path / "damaged.bin"
    rng = random.Random(5)
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        data[rng.randrange(len(data))] = rng.randrange(256)
        damaged.write_bytes(data)
        try:
            read_checkpoint(damaged)
        except ModelError:
            refused += 1
    assert refused > 50


class Malicious:
    """Unpickled in the ordinary way, creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def legacy_with(part: int, attack: Any) -> bytes:
    """A legacy container one of whose five pickles attacks."""
    parts: list[Any] = [LEGACY_MAGIC, LEGACY_PROTOCOL, {"little_endian": True}, {}, []]
    parts[part] = attack
    return b"".join(pickle.dumps(each, protocol=2) for each in parts)


@pytest.mark.parametrize("part", range(5))
def test_code_in_a_legacy_file_is_not_run(tmp_path: Path, part: int) -> None:
    (tmp_path / "evil.bin").write_bytes(legacy_with(part, Malicious(tmp_path / "owned")))
    with pytest.raises(ModelError, match=r"refused.*mkdir"):
        read_checkpoint(tmp_path / "evil.bin")
    assert not (tmp_path / "owned").exists()


def test_code_in_a_zip_file_is_not_run(tmp_path: Path) -> None:
    save(tmp_path / "evil.bin", legacy=False, what={"state_dict": {"a": torch.ones(1)}, "extra": Malicious(tmp_path / "owned")})
    with pytest.raises(ModelError, match=r"refused.*mkdir"):
        read_checkpoint(tmp_path / "evil.bin")
    assert not (tmp_path / "owned").exists()
    torch.load(tmp_path / "evil.bin", weights_only=False)  # the attack is real: PyTorch's ordinary way falls for it
    assert (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "name", ["builtins\neval", "builtins\ngetattr", "os\nsystem", "torch\nload", "torch.storage\n_load_from_bytes", "posewright.nets\nload", "collections\nnamedtuple"]
)
def test_only_listed_names_are_known(tmp_path: Path, name: str) -> None:
    stream = b"".join(pickle.dumps(part, protocol=2) for part in (LEGACY_MAGIC, LEGACY_PROTOCOL, {})) + b"\x80\x02c" + name.encode() + b"\n."
    (tmp_path / "evil.bin").write_bytes(stream)
    with pytest.raises(ModelError, match="refused"):
        read_checkpoint(tmp_path / "evil.bin")


def test_promises_of_huge_tensors_are_not_believed(tmp_path: Path) -> None:
    whole = save(tmp_path / "net.bin", legacy=True, what={"a": torch.ones(3)}).read_bytes()
    marker = b"X\x03\x00\x00\x00cpuq"
    at = whole.index(b"K\x03", whole.index(marker))
    (tmp_path / "huge.bin").write_bytes(whole[:at] + b"\x8a\x06\x00\x00\x00\x00\x00\x40" + whole[at + 2 :])
    with pytest.raises(ModelError, match="more than the file holds"):
        read_checkpoint(tmp_path / "huge.bin")


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", b"\x80\x02}." + b"\0" * 10_000_000)
    with pytest.raises(ModelError, match="compressed"):
        read_checkpoint(tmp_path / "bomb.pt")


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<!DOCTYPE html><title>Too many requests</title>")
    with pytest.raises(ModelError, match="no checkpoint"):
        read_checkpoint(tmp_path / "page.pth")
    with pytest.raises(ModelError, match="cannot read"):
        read_checkpoint(tmp_path / "missing.pth")
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ModelError, match="not one of PyTorch"):
        read_checkpoint(tmp_path / "plain.pkl")
