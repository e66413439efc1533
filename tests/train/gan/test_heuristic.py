"""Held against what the 2018 code gave (Chainer), where the fixture is there."""

import numpy as np
import pytest

from posewright.errors import InputError
from posewright.lift.gan import normalised
from tests.nets.golden import golden, io

torch = pytest.importorskip("torch")
from posewright.train.gan.heuristic import discriminator_loss, generator_loss  # noqa: E402
from posewright.train.gan.networks import JOINTS, KudoMLP, from_chainer  # noqa: E402
from posewright.train.gan.space import backwards, yawed  # noqa: E402

FOLDER = "pose_gan_kudo"


def pose(data, key, axes=2):
    return torch.from_numpy(data[key].reshape(-1, JOINTS, axes))


def close(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours.detach() if isinstance(ours, torch.Tensor) else ours), theirs, atol=1e-5)


def test_poses_are_normalised_as_in_2018():
    data = io(FOLDER)
    given = data["norm/in_2d"].reshape(-1, JOINTS, 2)
    close(normalised(given - given[:, :1]).reshape(-1, 2 * JOINTS), data["norm/out_2d"])


@pytest.mark.parametrize(("file", "key"), [("tiny_gen_leaky", "gen_leaky/z"), ("tiny_gen_relu_bn", "gen_relu_bn/z")])
def test_the_generator_is_that_of_2018(file, key):
    data = io(FOLDER)
    net = from_chainer(golden(f"{FOLDER}/{file}.npz"), JOINTS).eval()
    close(net(pose(data, "norm/out_2d")), data[key])


def test_turn_losses_and_discriminator_are_those_of_2018():
    data = io(FOLDER)
    real, depth = pose(data, "norm/out_2d"), torch.from_numpy(data["gen_leaky/z"])
    body = torch.cat([real, depth[..., None]], dim=-1)
    turned = yawed(body, torch.from_numpy(data["rot/theta"]))[..., :2]
    close(turned.flatten(1), data["rot/xy_fake"])
    judge = from_chainer(golden(f"{FOLDER}/tiny_dis_leaky.npz"), 1)
    of_real, of_fake = judge(real), judge(turned)
    close(of_real, data["dis/y_real"])
    close(of_fake, data["dis/y_fake"])
    close(generator_loss(of_fake), data["loss/gen_adv"])
    close(discriminator_loss(of_real, of_fake), data["loss/dis"])
    close(backwards(body), data["loss/heuristic"])
    close((of_real > 0).float().mean(), data["acc/real"])
    close((of_fake < 0).float().mean(), data["acc/fake"])


def test_its_full_size_is_the_published_one():
    assert sum(p.numel() for p in KudoMLP(JOINTS).parameters()) == 2_152_465
    assert sum(p.numel() for p in KudoMLP(1).parameters()) == 2_136_065


def test_another_network_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", W=np.zeros(3))
    with pytest.raises(InputError, match="l1/W"):
        from_chainer(tmp_path / "other.npz", 17)
