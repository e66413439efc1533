import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.lift.wright.model import Model, Models, load_models, read_model, write_model
from posewright.lift.wright.outputs import MIRRORED, OUTPUTS, PARTS
from posewright.lift.wright.window import WINDOWS, mirrored_inputs, with_confidence

RNG = np.random.default_rng(0)
WINDOW = WINDOWS["centred"]


def layers(width: int = 8, blocks: int = 2) -> list[np.ndarray]:
    sizes = [(WINDOW.features, width), *[(width, width)] * (2 * blocks), (width, OUTPUTS)]
    return [array.astype(np.float16).astype(np.float32) for rows, columns in sizes for array in (RNG.normal(0, rows**-0.5, (rows, columns)), RNG.normal(0, 0.1, columns))]


def test_a_model_is_read_as_it_was_written(tmp_path) -> None:
    arrays = layers()
    write_model(tmp_path / "net.npz", WINDOW, arrays)
    model = read_model(tmp_path / "net.npz")
    assert model.window is WINDOW
    for read, written in zip([array for layer in model.layers for array in layer], arrays, strict=True):
        np.testing.assert_array_equal(read, written)


def test_the_network_is_what_its_layers_say() -> None:
    arrays = layers()
    pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
    inputs = RNG.normal(size=(5, WINDOW.features)).astype(np.float32)
    before = inputs.copy()
    h = np.maximum(inputs @ pairs[0][0] + pairs[0][1], 0)
    for first, second in (pairs[1:3], pairs[3:5]):
        h = h + np.maximum(np.maximum(h @ first[0] + first[1], 0) @ second[0] + second[1], 0)
    np.testing.assert_allclose(Model(WINDOW, tuple(pairs))(inputs), h @ pairs[5][0] + pairs[5][1], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(inputs, before)


def test_the_mean_with_the_mirror_image_is_symmetric() -> None:
    arrays = layers()
    model = Model(WINDOW, tuple(zip(arrays[::2], arrays[1::2], strict=True)))
    inputs = RNG.normal(size=(5, WINDOW.features)).astype(np.float32)
    columns, signs = mirrored_inputs(WINDOW)
    order, flip = MIRRORED
    np.testing.assert_allclose(model.symmetric(inputs[:, columns] * signs), model.symmetric(inputs)[:, order] * flip, atol=1e-5)


def test_other_files_are_refused(tmp_path) -> None:
    path = tmp_path / "net.npz"
    with pytest.raises(ModelError, match="cannot read"):
        read_model(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="damaged"):
        read_model(path)
    np.savez(path, format="another program's")
    with pytest.raises(ModelError, match="another program's"):
        read_model(path)
    arrays = layers()
    write_model(path, WINDOW, [arrays[0][1:], *arrays[1:]])
    with pytest.raises(ModelError, match="another version"):
        read_model(path)


def test_several_networks_are_averaged_in_what_each_tells() -> None:
    own = [
        Model(WINDOW, tuple(zip(arrays[::2], arrays[1::2], strict=True)), told, graded) for arrays, told, graded in ((layers(), PARTS["up"].stop, False), (layers(), OUTPUTS, True))
    ]
    inputs = RNG.normal(size=(5, WINDOW.features)).astype(np.float32)
    first, second = (model.symmetric(inputs) for model in own)
    both = Models(tuple(own), (0.25, 0.75)).symmetric(inputs)
    up = PARTS["up"].stop
    np.testing.assert_allclose(both[:, :up], (0.25 * first + 0.75 * second)[:, :up], atol=1e-6)
    np.testing.assert_allclose(both[:, up:], second[:, up:], atol=1e-6)
    seen = with_confidence(inputs, WINDOW, inputs > 0)
    np.testing.assert_array_equal(own[0].symmetric(inputs), own[0].symmetric(seen))  # it knows only seen or not
    assert not np.array_equal(own[1].symmetric(inputs), own[1].symmetric(seen))


def test_the_networks_that_come_with_the_package() -> None:
    for model in load_models().members:
        assert sum(array.size for layer in model.layers for array in layer) < 6_000_000
        assert all(np.isfinite(array).all() for layer in model.layers for array in layer)
    assert load_models().symmetric(np.zeros((3, WINDOW.features), np.float32)).shape == (3, OUTPUTS)
    assert load_models().members[-1].told == OUTPUTS
