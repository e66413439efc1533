from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posewright.errors import InputError, OutputError
from posewright.formats.arrays import read_json, read_npz, write_json, write_npz
from posewright.formats.export import Export
from posewright.skeletons import BODY_PARENTS, reference_skeleton
from posewright.types import CONTACT_POINTS, Capture, Motion
from tests.strategies import quaternions, vectors

FORMATS = {".npz": (write_npz, read_npz, 1e-12), ".json": (write_json, read_json, 2e-5)}
"""Suffix: writer, reader, error of a rotation's or position's component."""


def of_capture(capture: Capture) -> Export:
    return Export(tuple(person.motion for person in capture.people), capture)


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), frames=st.integers(1, 3), fps=st.floats(5, 240), contacts=st.booleans())
def test_round_trip(tmp_path: Path, suffix: str, data: st.DataObject, frames: int, fps: float, contacts: bool) -> None:
    write, read, error = FORMATS[suffix]
    rotations, path = data.draw(quaternions((frames, len(BODY_PARENTS)))), data.draw(vectors((frames,)))
    motion = Motion(
        reference_skeleton(),
        rotations,
        path,
        fps,
        np.full((frames, len(CONTACT_POINTS)), 0.25, dtype=np.float32) if contacts else None,
        np.linspace(0, 1, frames, dtype=np.float32) if contacts else None,
        name='größer, "so" to say',
    )
    file = tmp_path / f"x{suffix}"
    write(file, Export((motion,)))
    back = read(file)
    assert (back.skeleton.joints, back.skeleton.parents, back.fps, back.name) == (motion.skeleton.joints, motion.skeleton.parents, fps, motion.name)
    np.testing.assert_allclose(back.rotations, motion.rotations, atol=error)
    np.testing.assert_allclose(back.root_translation, motion.root_translation, atol=error)
    np.testing.assert_allclose(back.skeleton.rest_offsets, motion.skeleton.rest_offsets, atol=error)
    for ours, theirs in ((back.contacts, motion.contacts), (back.confidence, motion.confidence)):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, atol=error)


def test_json_says_what_it_holds(tmp_path: Path, capture: Capture) -> None:
    write_json(tmp_path / "x.json", of_capture(capture))
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    content = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert content["generator"].startswith("Posewright")
    assert content["units"]["length"] == "metres"
    assert "+Y up" in content["axes"]["world"]
    assert content["source"]["name"] == "clip.mp4"
    assert content["camera"]["focal"] == [900.0, 900.0]
    assert content["notes"] == ["angle of view assumed", "NaN is a word too"]
    assert len(content["people"]) == 2
    for entry, person in zip(content["people"], capture.people, strict=True):
        assert entry["keypoints"]["joints"] == list(person.keypoints.joint_set.joints)
        assert entry["poses"]["frame"] == "camera"
        assert entry["motion"]["fps"] == person.motion.fps
        for found, truth in (
            (entry["keypoints"]["xy"], person.keypoints.xy),
            (entry["keypoints"]["timestamps"], person.keypoints.timestamps),
            (entry["poses"]["xyz"], person.poses.xyz),
            (entry["motion"]["positions"], person.motion.joint_positions()),
        ):
            np.testing.assert_allclose(np.array(found, dtype=float), truth, atol=6e-6, rtol=0)
    assert None in content["people"][0]["keypoints"]["xy"][0][int(np.isnan(capture.people[0].keypoints.xy[0, :, 0]).argmax())]
    assert max(len(digits) for digits in re.findall(r"\d\.(\d+)[,\]]", text)) == 5


def test_npz_needs_no_pickle_and_keeps_every_bit(tmp_path: Path, capture: Capture) -> None:
    write_npz(tmp_path / "x.npz", of_capture(capture))
    with np.load(tmp_path / "x.npz", allow_pickle=False) as data:
        arrays = {key: data[key] for key in data.files}
    assert arrays["units.length"].item() == "metres"
    assert arrays["source.frame_size"].tolist() == [1280, 720]
    for number, person in enumerate(capture.people):
        prefix = f"people.{number}."
        assert tuple(arrays[prefix + "keypoints.joints"]) == person.keypoints.joint_set.joints
        assert arrays[prefix + "motion.fps"].item() == person.motion.fps
        np.testing.assert_array_equal(arrays[prefix + "keypoints.xy"], person.keypoints.xy)
        np.testing.assert_array_equal(arrays[prefix + "poses.xyz"], person.poses.xyz)
        np.testing.assert_array_equal(arrays[prefix + "motion.rotations"], person.motion.rotations)


def test_first_of_several_people_is_read(tmp_path: Path, capture: Capture) -> None:
    for suffix, (write, read, error) in FORMATS.items():
        write(tmp_path / f"x{suffix}", of_capture(capture))
        np.testing.assert_allclose(read(tmp_path / f"x{suffix}").rotations, capture.people[0].motion.rotations, atol=error)


def test_bad_files(tmp_path: Path, motion: Motion) -> None:
    for suffix, (write, read, _) in FORMATS.items():
        file = tmp_path / f"x{suffix}"
        with pytest.raises(InputError, match="cannot read"):
            read(file)
        for content in (b"", b"[1, 2", b"nothing of the kind"):
            file.write_bytes(content)
            with pytest.raises(InputError, match=r"cannot read|no JSON"):
                read(file)
        write(file, Export((motion,)))
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError):
            read(file)
        with pytest.raises(OutputError, match="does not exist"):
            write(tmp_path / "none" / file.name, Export((motion,)))
    np.savez(tmp_path / "x.npz", xyz=np.zeros(3))
    with pytest.raises(InputError, match="holds no 'posewright' arrays of version 1"):
        read_npz(tmp_path / "x.npz")
    for text in ("[1, 2]", '{"format": "posewright", "version": 2}'):
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="holds no 'posewright' arrays"):
            read_json(tmp_path / "x.json")


def test_damaged_values_are_told(tmp_path: Path, motion: Motion) -> None:
    file = tmp_path / "x.json"
    write_json(file, Export((motion,)))
    content = json.loads(file.read_text(encoding="utf-8"))
    for key, value, message in (("fps", 0, "0.0 frames a second"), ("rotations", [[[0, 0, 0, 2]]], "rotations has shape"), ("parents", None, "no usable motion")):
        broken = {**content, "people": [{"motion": {**content["people"][0]["motion"], key: value}}]}
        file.write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read_json(file)


def test_nothing_to_write() -> None:
    with pytest.raises(ValueError, match="no motion"):
        Export(())


def test_one_motion_a_person(motion: Motion, capture: Capture) -> None:
    with pytest.raises(ValueError, match="one motion a person"):
        Export((motion,), dataclasses.replace(capture, people=capture.people * 2))
