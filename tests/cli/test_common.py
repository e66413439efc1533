"""What options become."""

import pytest

from posewright.cli.common import left_out
from posewright.errors import UsageError
from posewright.solve.refine import ALIKE, RefineOptions


def test_without_leaves_out_what_it_names():
    assert left_out(None) == {}
    assert left_out(["mending", "planting"]) == {"mend": False, "plant_feet": False}
    assert left_out(["arms"]) == {"refine": RefineOptions(arms=1.0, arms_lift=1.0)}
    assert left_out(["blows", "arms"]) == {"refine": RefineOptions(arms=1.0, arms_lift=1.0, **ALIKE)}
    assert left_out(["limits"]) == {"refine": RefineOptions(limit=float("inf"))}
    still = left_out(["smoothing"])
    assert still["refine"].turn_acceleration == still["refine"].root_acceleration == still["refine"].cutoff_hz == float("inf")
    assert still["options"].smoothing_s == 0.0
    assert left_out(["arms", "refinement"]) == {"refine": None}


def test_a_part_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(UsageError, match=r"--without legs: .*refinement.*blows"):
        left_out(["ground", "legs"])
