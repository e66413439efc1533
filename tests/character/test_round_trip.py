"""Motion of one real rig, carried through files to another and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tools.character_trials import RIGS, round_trip

from posewright.character import read_character
from posewright.study.mocap import read_mocap


@pytest.mark.parametrize(("first", "second"), [("Mixamo", "KayKit"), ("CMU", "VRM robot"), ("VRM robot", "game engine"), ("KayKit", "Mesh2Motion")])
def test_there_and_back(shared: Path, first: str, second: str) -> None:
    """Half a degree on average at most, limbs far less; bones that the other rig has fewer of lose most."""
    motion = next(read_mocap(shared / "mocap" / "cmu_test.npz", names=["131_05"])).motion.sliced(60, 100)
    heroes = [read_character(shared / "characters" / RIGS[name]) for name in (first, second)]
    angles = round_trip(motion, *heroes)
    assert len(angles) >= 18
    assert np.mean([angle.mean() for angle in angles.values()]) < 0.5
    for bone, angle in angles.items():
        if "Leg" in bone or "Foot" in bone:
            assert angle.max() < 0.05, bone
        elif "Arm" in bone or "Hand" in bone:
            assert angle.mean() < 1.0, bone
