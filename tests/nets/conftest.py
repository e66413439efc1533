"""Everything here needs PyTorch (extra `train`) and is skipped, saying so, where it is not installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

HAVE_TORCH = importlib.util.find_spec("torch") is not None

if HAVE_TORCH:
    import torch

    torch.set_num_threads(1)  # a second thread alone moves outputs by 3e-6


class WithoutTorch(pytest.Module):
    """A test file that is not even imported."""

    def collect(self) -> Iterator[pytest.Item]:
        pytest.skip("needs PyTorch (extra `train`)", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return None if HAVE_TORCH else WithoutTorch.from_parent(parent, path=module_path)
