"""From published checkpoints to the ONNX files that the runtime takes: on first use, or by `posewright models convert`."""

from __future__ import annotations

import os
from pathlib import Path

from posewright.errors import ModelError, UsageError
from posewright.models import store
from posewright.models.sources import Progress


def network_path(name: str, *, offline: bool | None = None, progress: Progress | None = None) -> Path:
    """The file of the model `name` that a runtime takes: as published, or converted from what is published on first use.

    Raises:
        UsageError: no model has this name.
        ModelError: a file is not in the cache and cannot be fetched, or cannot be converted.
    """
    entry = store.find(name)
    if entry.network is None:
        return store.path(name, offline=offline, progress=progress)
    converted = store.converted_path(entry)
    if converted.is_file():
        return converted
    return convert(name, store.path(name, offline=offline, progress=progress))


def convert(name: str, checkpoint: str | os.PathLike[str], output: str | os.PathLike[str] | None = None) -> Path:
    """Convert a checkpoint of the model `name` to ONNX; needs the extra `train`.

    Args:
        name: a model of the store that is published as a checkpoint, or a network of `posewright.nets` that one trains oneself.
        checkpoint: the published file, or one of the same network trained by oneself.
        output: the file to write; by default the place in the cache from which estimators and lifters take it.

    Raises:
        UsageError: no model has this name, or it has no place in the cache and `output` is missing.
        ModelError: it needs no conversion; PyTorch is not installed; the checkpoint is missing, damaged, unsafe or another network's.
        OutputError: the file cannot be written.
    """
    # Here, because the networks are an extra and listing models shall not touch them.
    from posewright import nets

    if name not in store.MODELS and name in nets.NETS:
        if output is None:
            raise UsageError(f"{name} is published by nobody and has no place in the cache: say where its .onnx file goes (-o)")
        nets.convert(name, checkpoint, output)
        return Path(output)
    entry = store.find(name)
    if entry.network is None:
        raise ModelError(f"{name} needs no conversion: it is published as {entry.files[0].name}")
    final = Path(output) if output is not None else store.converted_path(entry)
    if output is None:
        final.parent.mkdir(parents=True, exist_ok=True)
    try:
        nets.convert(entry.network, checkpoint, final, shape=entry.shape)
    except ModelError as error:
        raise ModelError(f"{name} cannot be converted to ONNX: {error}") from error
    return final
