import pytest

from posewright import models
from posewright.errors import UsageError
from posewright.estimate import ESTIMATORS, make_estimator


def test_every_row_names_networks_that_the_store_has():
    for entry in ESTIMATORS.values():
        for names in entry.models.values():
            assert set(names) <= set(models.MODELS)


def test_unknown_names_are_refused_with_those_that_exist():
    with pytest.raises(UsageError, match=r"no estimator 'nobody'.*blazepose"):
        make_estimator("nobody")
    with pytest.raises(UsageError, match=r"no variant 'huge'.*full"):
        make_estimator("blazepose", "huge")
