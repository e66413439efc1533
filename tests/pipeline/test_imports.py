import subprocess
import sys


def test_what_is_imported_before_the_networks_run_does_without_scipy() -> None:
    """SciPy takes as long to import as a second of video to be seen; what needs it is imported while the networks run."""
    code = "import sys, posewright.pipeline, posewright.lift.table; print([name for name in sys.modules if name.partition('.')[0] == 'scipy'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
