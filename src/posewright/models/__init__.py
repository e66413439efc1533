"""The model store: which networks exist, where their files come from, their checksums and licences.

`posewright.models.runtime` runs them; it is imported by itself, so that listing models loads no network library.
"""

from posewright.models.sources import PipWheel, Progress, Url
from posewright.models.store import Status, cache_dir, fetch, is_present, path, verify
from posewright.models.table import MODELS, ModelEntry, ModelFile

__all__ = ["MODELS", "ModelEntry", "ModelFile", "PipWheel", "Progress", "Status", "Url", "cache_dir", "fetch", "is_present", "path", "verify"]
