import numpy as np
import pytest

from posewright.errors import InputError, OutputError, PosewrightError
from posewright.train.batches import batches
from posewright.train.loop import CHECKPOINT, CURVES, Schedule, resume, save, set_deterministic, train

torch = pytest.importorskip("torch")


def make(rng):
    x = rng.normal(size=(16, 4)).astype(np.float32)
    return x, x.sum(1, keepdims=True)


def fail(rng):
    raise ValueError("no motion here")


class Line:
    def __init__(self, seed=0):
        set_deterministic(seed)
        self.net = torch.nn.Linear(4, 1)
        self.optimizer = torch.optim.Adam(self.net.parameters(), 0.05)

    @property
    def parts(self):
        return {"net": self.net, "optimizer": self.optimizer}

    def step(self, number, batch):
        x, y = (torch.from_numpy(array) for array in batch)
        loss = ((self.net(x) - y) ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.item()}

    def evaluate(self, number):
        return {"error": float(self.net.bias.detach().abs())}


def run(folder, steps=40, stop=None, workers=0, seed=0):
    task, config = Line(seed), {"seed": seed}
    done = resume(task, folder, config)
    with batches(make, seed, done + 1, stop or steps, workers) as source:
        train(task, source, folder, Schedule(steps, log_every=5, save_every=10), config, done)
    return torch.cat([p.detach().flatten() for p in task.net.parameters()]).numpy()


def test_one_seed_gives_one_result_and_a_killed_run_resumes_to_it(tmp_path):
    whole = run(tmp_path / "a")
    assert np.array_equal(whole, run(tmp_path / "b"))
    assert not np.array_equal(whole, run(tmp_path / "c", seed=1))
    run(tmp_path / "d", stop=27)  # the last checkpoint is that of step 20
    assert np.array_equal(whole, run(tmp_path / "d"))
    assert (tmp_path / "a" / CURVES).read_text() == (tmp_path / "d" / CURVES).read_text()


def test_it_learns(tmp_path):
    weights = run(tmp_path, steps=400)
    assert np.allclose(weights, [1, 1, 1, 1, 0], atol=0.05)


def test_batches_do_not_depend_on_who_makes_them(tmp_path):
    assert np.array_equal(run(tmp_path / "here", steps=7), run(tmp_path / "elsewhere", steps=7, workers=2))


def test_a_batch_that_cannot_be_made_says_why():
    with batches(fail, 0, 1, 3, workers=1) as source, pytest.raises(PosewrightError, match="no motion here"):
        next(source)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    run(tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def full(data, path):
        path.write_bytes(b"half")
        raise RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OutputError, match="failed writing"):
        save(Line(), tmp_path, {}, 50)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [CHECKPOINT, CURVES]


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(InputError, match="seed 0, now 5"):
        resume(Line(), tmp_path, {"seed": 5})
    (tmp_path / CHECKPOINT).write_bytes((tmp_path / CHECKPOINT).read_bytes()[:200])
    with pytest.raises(InputError, match="damaged"):
        resume(Line(), tmp_path, {"seed": 0})
    torch.save({"state_dict": {}}, tmp_path / CHECKPOINT)
    with pytest.raises(InputError, match="not a checkpoint of this program"):
        resume(Line(), tmp_path, {"seed": 0})
