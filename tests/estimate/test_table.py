from importlib.resources import as_file, files

import pytest

from posewright import models
from posewright.errors import ModelError, UsageError
from posewright.estimate import DETECTORS, ESTIMATORS, make_estimator
from posewright.estimate.networks import Options
from posewright.lift import LIFTERS, make_lifter
from posewright.lift.wright.model import load_models, write_model
from posewright.skeletons import COCO17
from tests.models.tiny_onnx import write_unary


def test_every_row_names_networks_that_the_store_has():
    for entry in (*ESTIMATORS.values(), *LIFTERS.values()):
        for names in entry.models.values():
            assert set(names) <= set(models.MODELS)
    assert set(DETECTORS) - {"blazepose"} <= set(models.MODELS)


def test_the_joint_set_of_a_row_is_its_default_networks():
    for entry in ESTIMATORS.values():
        network = next(iter(entry.models.values()))[-1]
        assert models.MODELS[network].joint_set == entry.joint_set.name


def test_unknown_names_are_refused_with_those_that_exist():
    with pytest.raises(UsageError, match=r"no estimator 'nobody'.*blazepose"):
        make_estimator("nobody")
    with pytest.raises(UsageError, match=r"no variant 'huge'.*full"):
        make_estimator("blazepose", "huge")
    with pytest.raises(UsageError, match=r"no variant 'w64'.*w48"):
        make_estimator("hrnet:w64")
    with pytest.raises(UsageError, match=r"no detector 'eyes'.*rtmdet-nano"):
        make_estimator("hrnet", detector="eyes")
    with pytest.raises(UsageError, match="0 people"):
        make_estimator("centernet", people=0)
    with pytest.raises(UsageError, match=r"no lifter 'crane'.*motionbert"):
        make_lifter("crane", "hrnet")
    with pytest.raises(UsageError, match=r"no variant 'huge'.*lite"):
        make_lifter("motionbert:huge", "hrnet")


def test_blazeposes_lifter_needs_blazepose():
    assert make_lifter("blazepose", "blazepose:heavy")
    with pytest.raises(UsageError, match=r"needs the estimator blazepose, not 'hrnet:w48'.*motionbert"):
        make_lifter("blazepose", "hrnet:w48")


def test_blazepose_runs_on_the_cpu_only():
    with pytest.raises(UsageError, match="runs on the CPU"):
        make_estimator("blazepose", device="cuda")


@pytest.mark.parametrize("name", ["blazepose", "openpose"])
def test_a_flip_test_that_would_do_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} cannot run with the flip test"):
        make_estimator(name, flip_test=True)


@pytest.mark.parametrize("make", [lambda: make_estimator("centernet"), lambda: make_lifter("videopose3d", "hrnet")], ids=["estimator", "lifter"])
def test_without_weights_the_error_says_where_to_put_them(make, tmp_path, monkeypatch):
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"(?s)cannot be used offline.*https://.*models convert"):
        make()


def put(home, name, shape):
    (home / "models" / name).mkdir(parents=True)
    write_unary(home / "models" / name / f"{name}.onnx", "Relu", shape)


def test_a_network_of_another_kind_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path))
    put(tmp_path, "centernet-dla34", ("batch", 3, 8, 8))
    with pytest.raises(ModelError, match="CenterNet"):
        make_estimator("centernet")
    put(tmp_path, "videopose3d", ("batch", 3, 8, 8))
    with pytest.raises(ModelError, match="17, 3"):
        make_lifter("videopose3d", "hrnet")


def test_a_file_that_says_it_is_of_another_family_is_refused(tmp_path):
    pytest.importorskip("onnxruntime")
    named, plain = tmp_path / "mine.onnx", tmp_path / "plain.onnx"
    write_unary(named, "Relu", ("batch", 3, 64, 64), {"posewright.network": "simplebaseline-res50"})
    write_unary(plain, "Relu", ("batch", 3, 64, 64))
    with pytest.raises(UsageError, match=r"mine.onnx holds simplebaseline-res50, no hrnet: --estimator simplebaseline:.*mine.onnx"):
        Options().variant("hrnet", str(named))
    assert Options().variant("simplebaseline", str(named)).network == "simplebaseline-res50"
    assert Options().variant("hrnet", str(plain)).network == ""


def test_lifters_of_ones_own_training(tmp_path):
    weights = tmp_path / "wright.npz"
    model = load_models().members[0]
    write_model(weights, model.window, [array for layer in model.layers for array in layer])
    assert make_lifter(f"wright:{weights}", "hrnet")
    with as_file(files("posewright.lift") / "gan_weights.npz") as generator:
        assert make_lifter(f"gan:{generator}", "hrnet")
    with pytest.raises(ModelError, match="no weights of the lifter 'wright'"):
        make_lifter(f"wright:{generator}", "hrnet")
    with pytest.raises(ModelError, match="generator"):
        make_lifter(f"gan:{weights}", "hrnet")
    with pytest.raises(ModelError, match="cannot read"):
        make_lifter(f"wright:{tmp_path / 'missing.npz'}", "hrnet")
    with pytest.raises(UsageError, match=r"no variant 'huge'.*\.npz file of your own"):
        make_lifter("wright:huge", "hrnet")
    with pytest.raises(UsageError, match="no variant"):
        make_lifter(f"motionbert:{weights}", "hrnet")


def test_a_lifter_opens_its_network(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path))
    put(tmp_path, "motionbert-lite", ("batch", "frames", 17, 3))
    assert make_lifter("motionbert", "hrnet", threads=1)
    assert ESTIMATORS["hrnet"].joint_set is COCO17
