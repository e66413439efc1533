"""The golden fixtures beside the repository, where they are there: tiny checkpoints, inputs and outputs of the published code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"


def golden(path: str) -> Path:
    """The fixture file, or skip the test."""
    file = GOLDEN / path
    if not file.exists():
        pytest.skip(f"needs the golden fixture ../shared/golden/{path}")
    return file


def io(model: str) -> Any:
    """Inputs and outputs of a model's fixtures, by name."""
    return np.load(golden(f"{model}/io.npz"))


def full_size(model: str, variant: str) -> tuple[dict[str, list[int]], int]:
    """Every key and shape of the published network described as `variant` or so beginning, and its number of parameters."""
    variants = json.loads(golden(f"{model}/keys_full.json").read_text())
    (found,) = [v for k, v in variants.items() if k == variant or (variant not in variants and k.startswith(variant))]
    return found["keys"], found["total_parameters"]
