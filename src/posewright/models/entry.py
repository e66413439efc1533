"""What is known of a network that can be selected by name."""

from __future__ import annotations

from dataclasses import dataclass

from posewright.models.sources import Source


@dataclass(frozen=True)
class ModelFile:
    """One file of a network."""

    name: str
    sha256: str | None
    """None where its publisher gives none: what was fetched first is then kept to, and shown by `posewright models verify`."""
    sources: tuple[Source, ...]
    """Tried in order."""
    size: int | None = None
    """Bytes, None when not known to us."""


@dataclass(frozen=True)
class ModelEntry:
    """A network that can be selected by name."""

    name: str
    files: tuple[ModelFile, ...]
    licence: str
    """Of the weights, as an SPDX identifier where there is one."""
    training_data: str
    """Licence or origin of what it was trained on."""
    commercial: bool
    """True when neither the weights nor their training data are known to forbid commercial use."""
    joint_set: str | None
    """Name of the joint set it gives, None when it gives no joints."""
    input_size: str
    """Width x height of its input in pixels, or frames and joints."""
    note: str = ""
    network: str | None = None
    """Where the file is a checkpoint: which of `posewright.nets` it belongs to, so that it can be converted. None: it runs as it is."""
    shape: tuple[int, ...] | None = None
    """Of the input of the converted network; None for its usual one."""

    @property
    def size(self) -> int | None:
        """Bytes of all its files, None when not known to us."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)
