import errno
import hashlib
import multiprocessing
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from posewright import models
from posewright.errors import ModelError, UsageError
from posewright.models import MODELS, ModelEntry, ModelFile, Page, PipWheel, Url
from posewright.models.sources import SourceError

WEIGHTS = b"weights " * 1000
MORE_WEIGHTS = b"more weights " * 1000
MEMBER = "tinypose/models/tiny.tflite"


def entry_of(*sources, content=WEIGHTS, name="tiny"):
    file = ModelFile(f"{name}.tflite", hashlib.sha256(content).hexdigest(), sources, len(content))
    return ModelEntry(name, (file,), "CC0-1.0", "none", True, None, "1 x 1")


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    monkeypatch.setenv("POSEWRIGHT_HOME", str(folder))
    monkeypatch.delenv("POSEWRIGHT_OFFLINE", raising=False)
    return folder


@pytest.fixture
def add(home, monkeypatch):
    """Put an entry into the table for the length of a test."""

    def put(entry):
        monkeypatch.setitem(MODELS, entry.name, entry)
        return home / "models" / entry.name / entry.files[0].name

    return put


@pytest.fixture
def file_url(tmp_path):
    (tmp_path / "tiny.tflite").write_bytes(WEIGHTS)
    return (tmp_path / "tiny.tflite").as_uri()


@pytest.fixture
def bundle_url(tmp_path):
    with zipfile.ZipFile(tmp_path / "tiny.task", "w") as bundle:
        bundle.writestr("detector.tflite", MORE_WEIGHTS)
        bundle.writestr("landmarks.tflite", WEIGHTS)
    return (tmp_path / "tiny.task").as_uri()


@pytest.fixture
def package_index(tmp_path, monkeypatch):
    """A folder that pip takes for its only index, with one wheel in it."""
    pytest.importorskip("pip", reason="this environment has no pip")
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinypose-1.0-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        wheel.writestr(MEMBER, WEIGHTS)
        wheel.writestr("tinypose/models/other.tflite", MORE_WEIGHTS)
        wheel.writestr("tinypose-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinypose\nVersion: 1.0\n")
        wheel.writestr("tinypose-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
        wheel.writestr("tinypose-1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def files_below(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.rglob("*") if found.is_file() and not found.name.endswith(".lock"))


def test_an_address(add, file_url):
    location = add(entry_of(Url(file_url)))
    seen = []
    assert not models.is_present("tiny")
    assert models.path("tiny", progress=lambda done, total: seen.append((done, total))) == location
    assert location.read_bytes() == WEIGHTS
    assert seen[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert models.is_present("tiny")
    assert files_below(location.parents[2]) == ["tiny.tflite"]


def test_a_file_in_a_bundle(add, bundle_url):
    location = add(entry_of(Url(bundle_url, "landmarks.tflite")))
    assert models.fetch("tiny") == location
    assert location.read_bytes() == WEIGHTS


def test_a_file_in_a_wheel_by_pip_itself(add, package_index):
    location = add(entry_of(PipWheel("tinypose==1.0", MEMBER)))
    other = add(entry_of(PipWheel("tinypose==1.0", "tinypose/models/other.tflite"), content=MORE_WEIGHTS, name="other"))
    assert models.path("tiny").read_bytes() == WEIGHTS
    assert other.read_bytes() == MORE_WEIGHTS  # the wheel is not fetched twice
    assert files_below(location.parents[2]) == ["other.tflite", "tiny.tflite"]


def test_a_wheel_that_does_not_exist(add, package_index):
    add(entry_of(PipWheel("tinypose==2.0", MEMBER)))
    with pytest.raises(ModelError, match=r"the package tinypose==2\.0: pip failed: ERROR: .*tinypose==2\.0"):
        models.path("tiny")


def test_without_pip(add, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    add(entry_of(PipWheel("tinypose==1.0", MEMBER)))
    with pytest.raises(ModelError, match="has no pip"):
        models.path("tiny")


def test_the_next_source_is_tried(add, file_url, tmp_path):
    (tmp_path / "wrong").write_bytes(b"something else")
    sources = (Url((tmp_path / "none").as_uri()), Url((tmp_path / "wrong").as_uri()), Url((tmp_path / "wrong").as_uri(), "a.tflite"), Url(file_url))
    location = add(entry_of(*sources))
    assert models.path("tiny") == location


def test_a_wrong_checksum(add, tmp_path, home):
    (tmp_path / "wrong").write_bytes(b"something else")
    location = add(entry_of(Url((tmp_path / "wrong").as_uri())))
    with pytest.raises(ModelError) as caught:
        models.path("tiny")
    assert "wrong checksum" in str(caught.value)
    assert str(location) in str(caught.value)
    assert hashlib.sha256(WEIGHTS).hexdigest() in str(caught.value)
    assert files_below(home) == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:9/tiny.tflite", r"no connection \(.*refused"),
        ("http://posewright.invalid/tiny.tflite", r"no connection"),
    ],
)
def test_no_network(add, url, reason, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    location = add(entry_of(Url(url)))
    with pytest.raises(ModelError, match=reason) as caught:
        models.path("tiny")
    assert f"put tiny.tflite at {location}" in str(caught.value)


def test_a_bundle_without_the_file(add, bundle_url):
    add(entry_of(Url(bundle_url, "hands.tflite")))
    with pytest.raises(ModelError, match=r"does not hold hands\.tflite"):
        models.path("tiny")


def test_a_file_in_a_bundle_by_a_pattern(add, bundle_url):
    location = add(entry_of(Url(bundle_url, "*marks.tflite")))
    assert models.fetch("tiny").read_bytes() == WEIGHTS
    location.unlink()
    add(entry_of(Url(bundle_url, "*.tflite")))
    with pytest.raises(ModelError, match=r"several files like \*\.tflite"):
        models.path("tiny")


def test_a_page_for_people_says_what_to_do(add):
    location = add(entry_of(Page("https://example.org/folder")))
    with pytest.raises(ModelError, match="a page to open in a browser") as caught:
        models.path("tiny")
    assert f"put tiny.tflite at {location}" in str(caught.value)
    location.write_bytes(WEIGHTS)
    assert models.path("tiny") == location


def unconfirmed(*sources):
    """A model whose publisher gives no checksum."""
    return ModelEntry("tiny", (ModelFile("tiny.tflite", None, sources),), "CC0-1.0", "none", True, None, "1 x 1")


def test_without_a_published_checksum_the_first_file_is_kept_to(add, file_url):
    location = add(unconfirmed(Url(file_url)))
    assert models.path("tiny") == location
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    status = models.verify("tiny")[0]
    assert not status.bad
    assert digest in status.state
    assert "gives none" in status.state
    location.write_bytes(b"changed")
    assert models.verify("tiny")[0].bad
    with pytest.raises(ModelError, match=digest):
        models.path("tiny", offline=True)


def test_without_a_published_checksum_what_is_put_by_hand_is_taken(add, file_url):
    location = add(unconfirmed(Page("https://example.org")))
    location.parent.mkdir(parents=True)
    location.write_bytes(b"any")
    assert models.path("tiny", offline=True) == location
    assert not models.verify("tiny")[0].bad


@pytest.mark.parametrize("how", ["parameter", "variable"])
def test_offline(add, file_url, how, monkeypatch, home):
    location = add(entry_of(Url(file_url)))
    if how == "variable":
        monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    offline = True if how == "parameter" else None
    with pytest.raises(ModelError, match="cannot be used offline"):
        models.path("tiny", offline=offline)
    assert not home.exists()
    location.parent.mkdir(parents=True)
    location.write_bytes(WEIGHTS)  # put there by hand
    assert models.path("tiny", offline=offline) == location


def test_a_file_put_by_hand_is_checked(add, file_url):
    location = add(entry_of(Url(file_url)))
    location.parent.mkdir(parents=True)
    location.write_bytes(b"another file")
    with pytest.raises(ModelError, match="damaged or another version"):
        models.path("tiny", offline=True)
    assert models.path("tiny").read_bytes() == WEIGHTS


def test_verify(add, file_url):
    location = add(entry_of(Url(file_url)))
    assert models.verify() == []
    assert models.verify("tiny")[0].bad
    models.path("tiny")
    assert [(status.name, status.state, status.bad) for status in models.verify()] == [("tiny", "ok", False)]
    location.write_bytes(WEIGHTS[:-1])
    assert [(status.name, status.bad) for status in models.verify()] == [("tiny", True)]
    assert "damaged" in models.verify("tiny")[0].state


def test_several_files_are_a_folder(add, bundle_url, home):
    files = tuple(
        ModelFile(name, hashlib.sha256(content).hexdigest(), (Url(bundle_url, name),)) for name, content in [("detector.tflite", MORE_WEIGHTS), ("landmarks.tflite", WEIGHTS)]
    )
    add(ModelEntry("pair", files, "CC0-1.0", "none", True, None, "1 x 1"))
    assert models.path("pair") == home / "models" / "pair"
    assert files_below(home) == ["detector.tflite", "landmarks.tflite"]


@dataclass(frozen=True)
class Failing:
    """A source that meets an error of the operating system, or an interrupt, half-way."""

    error: BaseException
    origin: str = "a test"
    member: str | None = None

    def fetch(self, folder, progress):
        (folder / "download").write_bytes(WEIGHTS[:100])
        raise self.error


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "no space is left"), (errno.EACCES, "no permission"), (errno.EROFS, "no permission"), (errno.EIO, "cannot be stored")])
def test_the_disk_refuses(add, number, said, home):
    location = add(entry_of(Failing(OSError(number, os.strerror(number)))))
    with pytest.raises(ModelError, match=said) as caught:
        models.path("tiny")
    assert str(location) in str(caught.value)
    assert "POSEWRIGHT_HOME" in str(caught.value)
    assert files_below(home) == []


def test_a_cache_that_is_a_file(add, home, file_url):
    home.write_text("not a folder")
    add(entry_of(Url(file_url)))
    with pytest.raises(ModelError, match="cannot be stored"):
        models.path("tiny")


def test_an_interrupt_leaves_nothing(add, home):
    add(entry_of(Failing(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        models.path("tiny")
    assert files_below(home) == []


def test_an_unknown_name(home):
    with pytest.raises(UsageError, match=r"no model 'blazepose-ful'\. Did you mean blazepose-full\?"):
        models.path("blazepose-ful")


def test_the_platforms_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("POSEWRIGHT_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    for platform, expected in [("linux", tmp_path / "cache" / "posewright"), ("win32", tmp_path / "local" / "posewright"), ("darwin", Path.home() / "Library/Caches/posewright")]:
        monkeypatch.setattr(sys, "platform", platform)
        assert models.cache_dir() == expected


@dataclass(frozen=True)
class Slow:
    """A source that holds the first process until the second has asked for the same model, and keeps count."""

    log: Path
    fetching: Any
    second_asks: Any
    origin: str = "a test"
    member: str | None = None

    def fetch(self, folder, progress):
        with self.log.open("a") as log:
            log.write("fetched\n")
        self.fetching.set()
        if not self.second_asks.wait(60):
            raise SourceError("the other process never came")
        (folder / "download").write_bytes(WEIGHTS)
        return folder / "download"


def _first(home, log, fetching, second_asks, results):
    os.environ["POSEWRIGHT_HOME"] = str(home)
    MODELS["tiny"] = entry_of(Slow(log, fetching, second_asks))
    results.put(models.path("tiny").read_bytes() == WEIGHTS)


def _second(home, log, fetching, second_asks, results):
    os.environ["POSEWRIGHT_HOME"] = str(home)
    MODELS["tiny"] = entry_of(Slow(log, fetching, second_asks))
    fetching.wait(60)
    second_asks.set()
    results.put(models.path("tiny").read_bytes() == WEIGHTS)


def test_two_processes_fetch_once(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    shared = (tmp_path / "home", tmp_path / "log", spawn.Event(), spawn.Event(), spawn.Queue())
    processes = [spawn.Process(target=target, args=shared) for target in (_first, _second)]
    for process in processes:
        process.start()
    assert [shared[4].get(timeout=90) for _ in processes] == [True, True]
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert shared[1].read_text() == "fetched\n"


@pytest.mark.skipif(os.environ.get("POSEWRIGHT_TEST_NETWORK") != "1", reason="fetches from the network; POSEWRIGHT_TEST_NETWORK=1 runs it")
@pytest.mark.parametrize("name", list(MODELS))
def test_the_real_models_can_be_fetched(home, name):
    models.path(name)
    assert models.verify(name)[0].state == "ok"
