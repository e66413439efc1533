import os
import subprocess
import sys

import numpy as np
import pytest

from posewright import models
from posewright.errors import ModelError
from posewright.models.runtime import LiteRTSession


@pytest.fixture(scope="module")
def detector():
    if not models.is_present("blazepose-detector"):
        pytest.skip("blazepose-detector is not in the cache; fetch it: posewright models fetch blazepose-detector")
    return models.path("blazepose-detector", offline=True)


def test_a_network_runs(detector):
    session = LiteRTSession(detector, threads=2)
    assert session.input_shapes == [(1, 224, 224, 3)]
    assert session.output_shapes == [(1, 2254, 12), (1, 2254, 1)]
    picture = np.random.default_rng(0).random((1, 224, 224, 3), dtype=np.float32)
    first = session.run([picture])
    kept = [output.copy() for output in first]
    session.run([picture[:, ::-1]])  # not contiguous
    assert [output.shape for output in first] == session.output_shapes
    for output, copy in zip(first, kept, strict=True):
        np.testing.assert_array_equal(output, copy)  # the caller's own


@pytest.mark.parametrize("inputs", [[], [np.zeros((1, 10, 10, 3), np.float32)], [np.zeros((1, 224, 224, 3), np.uint8)]], ids=["none", "wrong size", "wrong type"])
def test_an_input_that_does_not_fit(detector, inputs):
    with pytest.raises(ValueError):
        LiteRTSession(detector).run(inputs)


def test_nothing_is_printed(detector):
    code = f"from posewright.models.runtime import LiteRTSession; LiteRTSession({str(detector)!r}); import os; os.write(2, b'still heard')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60, env=os.environ)
    assert (done.stdout, done.stderr) == (b"", b"still heard")


def test_a_file_that_is_no_network(tmp_path):
    (tmp_path / "text.tflite").write_text("not a network" * 100)
    for name in ("text.tflite", "none.tflite"):
        with pytest.raises(ModelError, match="cannot be loaded as a LiteRT model"):
            LiteRTSession(tmp_path / name)
