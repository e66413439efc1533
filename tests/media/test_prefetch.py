import signal
import subprocess
import sys
import threading

import pytest

from posewright.errors import InputError
from posewright.media import open_source, prefetch
from tests.media.clips import texture, write_clip


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "posewright-prefetch"]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert readers() == []


def test_the_order_is_kept():
    with prefetch(range(100), depth=3) as items:
        assert list(items) == list(range(100))


def test_a_clip_read_ahead_is_the_clip(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [texture(seed=i) for i in range(20)])
    with open_source(path) as source, prefetch(source) as frames:
        assert [frame.index for frame in frames] == list(range(20))


def test_no_more_than_depth_items_are_read_ahead():
    taken = []
    reached = threading.Event()

    def source():
        for number in range(50):
            taken.append(number)
            if number == 3:
                reached.set()
            yield number

    with prefetch(source(), depth=2) as items:
        assert next(items) == 0
        assert reached.wait(5)  # one handed out, two queued, one in hand
        assert taken == [0, 1, 2, 3]


def test_an_error_comes_after_the_items_before_it():
    def source():
        yield 1
        yield 2
        raise InputError("frame 3 is damaged")

    seen = []
    with prefetch(source()) as items, pytest.raises(InputError, match="frame 3"):
        for item in items:
            seen.append(item)
    assert seen == [1, 2]


def test_leaving_early_stops_the_thread():
    def endless():
        number = 0
        while True:
            yield number
            number += 1

    with prefetch(endless(), depth=2) as items:
        assert next(items) == 0
    assert readers() == []
    assert list(items) == []
    dropped = prefetch(endless())
    assert next(dropped) == 0
    del dropped


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
@pytest.mark.parametrize("stall", [False, True], ids=["items keep coming", "waiting for an item"])
def test_ctrl_c_ends_the_process(stall):
    """Without a `with` block to help."""
    code = f"""
import threading
from posewright.media import prefetch

def source():
    yield 0
    while not {stall} or threading.main_thread().is_alive() and not threading.Event().wait(0.2):
        yield 1

for number, item in enumerate(prefetch(source())):
    if number == 0:
        print("ready", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert process.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT)
