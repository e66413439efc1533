"""The model store: which networks exist, where their files come from, their checksums and licences.

`posewright.models.runtime` runs them; it is imported by itself, so that listing models loads no network library.
"""

from posewright.models.convert import convert, network_path
from posewright.models.entry import ModelEntry, ModelFile
from posewright.models.export import export
from posewright.models.sources import Page, PipWheel, Progress, Url
from posewright.models.store import Status, cache_dir, fetch, is_present, path, verify
from posewright.models.table import MODELS

__all__ = [
    "MODELS",
    "ModelEntry",
    "ModelFile",
    "Page",
    "PipWheel",
    "Progress",
    "Status",
    "Url",
    "cache_dir",
    "convert",
    "export",
    "fetch",
    "is_present",
    "network_path",
    "path",
    "verify",
]
