import numpy as np
import pytest

from posewright.errors import InputError, ModelError, UsageError

torch = pytest.importorskip("torch")

from posewright.lift.wright.model import read_model  # noqa: E402
from posewright.lift.wright.outputs import OUTPUTS  # noqa: E402
from posewright.train.lifter import run as runs  # noqa: E402
from posewright.train.lifter.run import LifterConfig, run  # noqa: E402

SMALL = {"width": 24, "batch": 64, "part": 32, "held_out": 64, "workers": 0, "log_every": 2, "save_every": 2, "threads": 1}


def small(**changes):
    return LifterConfig(**{**SMALL, "steps": 4, **changes})


def layers(path):
    return np.concatenate([array.ravel() for layer in read_model(path).layers for array in layer])


def test_one_seed_gives_one_network_and_a_killed_run_resumes_to_it(tmp_path, monkeypatch):
    whole = layers(run(small(), tmp_path / "a").weights)
    assert np.array_equal(whole, layers(run(small(), tmp_path / "b").weights))
    assert not np.array_equal(whole, layers(run(small(seed=1), tmp_path / "c").weights))

    class KilledError(Exception):
        pass

    def until_three(number, figures):
        if number == 2 and "loss" not in figures:
            raise KilledError

    with pytest.raises(KilledError):
        run(small(), tmp_path / "d", until_three)
    assert np.array_equal(whole, layers(run(small(), tmp_path / "d").weights))


def test_it_learns_and_tells_figures(tmp_path):
    told = []
    run(small(steps=30, batch=256, part=64, rate=1e-2, save_every=15, log_every=5), tmp_path, lambda number, figures: told.append(figures))
    losses = [figures["loss"] for figures in told if "loss" in figures]
    measured = [figures["exact mpjpe_mm"] for figures in told if "exact mpjpe_mm" in figures]
    assert losses[-1] < 0.5 * losses[0]
    assert measured[-1] < 400.0


def test_onnx_gives_what_numpy_gives(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    trained = run(small(), tmp_path)
    model = read_model(trained.weights)
    inputs = np.random.default_rng(0).normal(size=(7, model.window.features)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(tmp_path / runs.ONNX), providers=["CPUExecutionProvider"])
    (given,) = session.run(None, {"input": inputs})
    assert given.shape == (7, OUTPUTS)
    np.testing.assert_allclose(given, model(inputs), atol=0.02 * np.abs(given).max())  # the package keeps half precision


def test_going_on_from_weights_starts_where_they_ended(tmp_path):
    first = run(small(steps=10), tmp_path / "first").weights
    from posewright.train.lifter.perceptron import Perceptron, folded
    from posewright.train.lifter.start import started

    model = read_model(first)
    net = Perceptron(model.window.features, 40, 2)
    inputs = torch.from_numpy(np.random.default_rng(0).normal(size=(50, model.window.features)).astype(np.float32))
    started(net, model.layers, inputs)
    net.eval()
    with torch.no_grad():
        np.testing.assert_allclose(net(inputs).numpy(), model(inputs.numpy()), atol=2e-3)
    assert folded(net)[0].shape[1] == 40
    told = []
    run(small(steps=2, start=first, width=40), tmp_path / "second", lambda number, figures: told.append(figures))
    assert told
    with pytest.raises(UsageError, match="cannot start"):
        run(small(steps=2, start=first, width=16), tmp_path / "third")


def test_a_causal_network_looks_back_only(tmp_path):
    model = read_model(run(small(window="causal", steps=2), tmp_path).weights)
    assert model.window.name == "causal"
    assert model.window.offsets_s.max() == 0.0


@pytest.mark.parametrize("network", ["videopose3d", "motionbert-lite"])
def test_published_networks_are_saved_as_their_authors_do(tmp_path, network):
    from posewright.nets import load

    extra = {"frames": 9, "channels": 16, "batch": 4, "held_out": 4}
    trained = run(small(network=network, steps=2, **extra), tmp_path)
    arguments = {"channels": 16} | ({"widths": (3, 3)} if network == "videopose3d" else {"features": 16})
    net = load(network, trained.weights, **arguments)
    with torch.no_grad():
        given = net(torch.zeros(1, 9, 17, 2 if network == "videopose3d" else 3))
    assert given.shape == ((1, 1, 17, 3) if network == "videopose3d" else (1, 9, 17, 3))
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(tmp_path / f"{network}.onnx"), providers=["CPUExecutionProvider"])
    clip = np.random.default_rng(0).normal(size=(2, 15, 17, 2 if network == "videopose3d" else 3)).astype(np.float32)
    (lifted,) = session.run(None, {"input": clip})
    assert lifted.shape == (2, 7 if network == "videopose3d" else 15, 17, 3)  # convolutions without padding lose 8 frames
    with torch.no_grad():
        window = net(torch.from_numpy(clip[:, 3:12])).numpy()
    if network == "videopose3d":
        np.testing.assert_allclose(lifted[:, 3:4], window, atol=1e-4)


def test_what_there_is_not_is_refused(tmp_path):
    with pytest.raises(UsageError, match="motionbert-lite"):
        run(small(network="dreamer"), tmp_path)
    with pytest.raises(UsageError, match="causal"):
        run(small(window="wide"), tmp_path)
    with pytest.raises(InputError, match="no motion capture"):
        run(small(mocap=tmp_path), tmp_path / "out")
    (tmp_path / "other.npz").write_bytes(b"no weights")
    with pytest.raises(ModelError, match=r"other\.npz"):
        run(small(start=tmp_path / "other.npz"), tmp_path / "out")
