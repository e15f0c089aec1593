"""Checkpoints: whole or noticed, and a run that was killed ends with the same numbers."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import rnnkit
from rnnkit import training as optim
from rnnkit.data import Batch
from rnnkit.training import checkpoint
from rnnkit.training.fit import fit

pytestmark = pytest.mark.slow
BACKENDS = ["numpy", "torch"]
T, N, I, H = 6, 4, 2, 5
CLOCK = {"seconds"}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(backend="numpy", hidden=H, seed=0, dropout=0.3):
    rng, where = np.random.default_rng(seed), {"backend": backend, "device": "cpu", "dtype": "float64"}
    return rnnkit.Sequential(
        rnnkit.LSTM(I, hidden, num_layers=2, dropout=dropout, rng=rng, **where),
        rnnkit.Linear(hidden, I, rng=rng, **where),
    )


def batches(rng):
    """The input of the step before; two of the sequences are shorter."""
    mask = np.arange(T)[:, None] < np.array([T, T - 2, T, T - 1])
    for _ in range(3):
        xs = rng.standard_normal((T + 1, N, I))
        yield Batch(xs[1:], xs[:-1], mask)


def test_the_weights_of_a_checkpoint_fit_the_model(tmp_path):
    model, _ = train(tmp_path, epochs=2, patience=None)
    other = made(seed=1)
    other.params.update(checkpoint.weights(tmp_path))
    assert all(np.array_equal(other.params[name], p) for name, p in model.params.items())
    with pytest.raises(ValueError, match="nowhere holds no checkpoint, expected one of a training run"):
        checkpoint.weights(tmp_path / "nowhere")


def test_checkpoint_weights_are_the_best_that_are_kept(tmp_path):
    """Training goes on to fit noise: the last epoch is not the best."""
    model, history = train(
        tmp_path,
        epochs=8,
        patience=8,
        schedule=None,
        optimizer=optim.Adam(0.03),
        validation=lambda rng: noise(1),
        batches=lambda rng: noise(0),
    )
    assert history.best_epoch < 8
    other = made(seed=1)
    other.params.update(checkpoint.weights(tmp_path))
    assert all(np.array_equal(other.params[name], p) for name, p in model.params.items())
    last = checkpoint.load(tmp_path).arrays["params/0.weight_ih_l0"]
    assert not np.array_equal(last, other.params["0.weight_ih_l0"])


def noise(seed):
    rng = np.random.default_rng(seed)
    return [Batch(rng.standard_normal((T, N, I)), rng.standard_normal((T, N, I))) for _ in range(3)]


def test_a_resumed_run_may_change_its_rate(tmp_path):
    """As one whose rate changes there by itself."""
    rates = lambda step: 0.02 if step < 6 else 0.001  # noqa: E731
    wanted, _ = train(None, 4, schedule=rates)
    train(tmp_path, 2, schedule=optim.Constant(0.02))
    found, history = train(tmp_path, 4, schedule=optim.Constant(0.001), resume=["schedule"])
    assert history.lr == [0.02, 0.02, 0.001, 0.001]
    for name, p in wanted.params.items():
        np.testing.assert_array_equal(found.params[name], p)
    with pytest.raises(ValueError, match="seed was 5 and is 6"):
        train(tmp_path, 5, seed=6, resume=["schedule", "optimizer"])
    with pytest.raises(ValueError, match=r"change: resume=\['schedule', 'seed'\]"):
        train(tmp_path, 5, seed=6, resume=["schedule"])
    with pytest.raises(ValueError, match="has m, s of an optimiser, expected v, which SGD remembers"):
        train(tmp_path, 5, optimizer=optim.SGD(0.1), resume=["schedule", "optimizer"])
    with pytest.raises(ValueError, match="resume is 'schedule', expected True, False, or a list of names out of model"):
        train(tmp_path, 5, resume="schedule")


def spawning(rng):
    """Batches of generators that are made from the run's."""
    for child in rng.spawn(2):
        yield from batches(child)


def train(folder=None, epochs=6, backend="numpy", model=None, **changed):
    """A run in which all that a checkpoint has to hold matters: moments, schedule, dropout, best parameters."""
    model = model or made(backend)
    settings = {"clip": 0.5, "schedule": optim.Cosine(0.02, 400), "patience": 1000, "validation": batches, "seed": 5}
    settings |= {"optimizer": optim.Adam(0.01, weight_decay=0.01), "progress": False} | changed
    given = settings.pop("batches", batches)
    history = fit(model, given, rnnkit.squared_error, epochs=epochs, checkpoint=folder, **settings)
    return model, history


def numbers(model, history):
    """All that has to be equal, bit for bit."""
    found = {name: np.array(p if isinstance(p, np.ndarray) else p.detach().numpy()) for name, p in model.params.items()}
    return found | {name: np.array(v) for name, v in vars(history).items() if name not in CLOCK}


def assert_same(run, other):
    a, b = numbers(*run), numbers(*other)
    assert a.keys() == b.keys()
    assert not [name for name in a if not np.array_equal(a[name], b[name])]


def lives(folder, backend, epochs, kills, out):
    """Train in one process after another; each is killed at a random moment, but for the last. Then write it down."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    pace = min(train(None, 6, backend)[1].seconds[1:])  # an epoch that the machine did not disturb
    for _ in range(kills):
        reached, life = latest(folder), os.fork()
        if life == 0:
            train(folder, epochs, backend)
            os._exit(0)
        while latest(folder) == reached:  # one epoch further at least
            time.sleep(0.0005)
            assert os.waitpid(life, os.WNOHANG) == (0, 0), "it ended by itself"
        time.sleep(rng.uniform(0, 1.5 * pace))
        os.kill(life, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(life, 0)[1]), latest(folder))
    np.savez(out, **numbers(*train(folder, epochs, backend)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system makes no process by forking")
@pytest.mark.parametrize("backend", BACKENDS)
def test_killed_runs_end_with_the_same_numbers(tmp_path, backend):
    here, epochs, kills, out = Path(__file__), 40, 8, tmp_path / "out.npz"
    given = (f"Path({str(tmp_path / 'run')!r})", repr(backend), epochs, kills, repr(str(out)))
    program = f"import sys; sys.path.insert(0, {str(here.parent)!r}); from {here.stem} import lives, Path; "
    program += f"lives({', '.join(map(str, given))})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ends = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert [code for code, _ in ends] == [-signal.SIGKILL] * kills
    assert ends[-1][1] < epochs
    wanted = numbers(*train(None, epochs, backend))
    with np.load(out) as found:
        assert found.keys() == wanted.keys()
        assert not [name for name in wanted if not np.array_equal(found[name], wanted[name])]


def latest(folder):
    return max([int(path.stem[6:]) for path in folder.glob("epoch-*.npz")], default=0)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("given", [batches, spawning])
def test_epochs_in_two_parts_equal_all_at_once(tmp_path, backend, given):
    train(tmp_path, 3, backend, batches=given)
    # Another initial model and dirty moments: all of it has to come from the checkpoint.
    used = optim.Adam(0.01, weight_decay=0.01)
    used.update({"weight": np.zeros(3)}, {"weight": np.ones(3)})
    resumed = train(tmp_path, 8, backend, model=made(backend, seed=9), batches=given, optimizer=used)
    assert_same(resumed, train(None, 8, backend, batches=given))


def damaged(path, how):
    content = bytearray(path.read_bytes())
    if how == "flipped":
        content[len(content) // 3] ^= 4
    else:
        content = content[: {"empty": 0, "half": len(content) // 2, "without the last byte": -1}[how]]
    path.write_bytes(content)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("how", ["empty", "half", "without the last byte", "flipped"])
def test_the_checkpoint_before_a_damaged_one_is_used(tmp_path, how, backend):
    train(tmp_path, 4, backend)
    damaged(tmp_path / "epoch-000004.npz", how)
    with pytest.warns(UserWarning, match=r"epoch-000004\.npz in .* is damaged \("):
        resumed = train(tmp_path, 6, backend)
    assert_same(resumed, train(None, 6, backend))


def test_no_changed_bit_changes_what_is_read(tmp_path):
    """Each is noticed, or stands where nothing is read, as the time of an entry does."""
    path = checkpoint.save(tmp_path, 1, {"weight": np.arange(3.0), "bias": np.ones(2)}, {"loss": 0.1})
    content, noticed = path.read_bytes(), 0
    bits = range(8 * len(content))
    flipped = ((int.from_bytes(content) ^ 1 << bit).to_bytes(len(content)) for bit in bits)
    for each in [*(content[:k] for k in range(len(content))), *flipped, content + b"\0"]:
        path.write_bytes(each)
        try:
            arrays, record = checkpoint.load(tmp_path)
        except ValueError:
            noticed += 1
        else:
            assert (record, list(arrays)) == ({"loss": 0.1}, ["weight", "bias"])
            np.testing.assert_array_equal([*arrays["weight"], *arrays["bias"]], [0, 1, 2, 1, 1])
    assert noticed > 0.7 * len(bits)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_write_that_is_interrupted_leaves_what_was_there(tmp_path, monkeypatch, moment):
    train(tmp_path, 3)
    with monkeypatch.context() as patched:

        def interrupted(*args):
            raise KeyboardInterrupt

        patched.setattr(checkpoint.os, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path, 6)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "epoch-000002.npz",
        "epoch-000003.npz",
        "epoch-000004.npz.part",
    ]
    assert_same(train(tmp_path, 6), train(None, 6))
    assert not list(tmp_path.glob("*.part"))


def test_ctrl_c_passes_and_the_run_can_go_on(tmp_path):
    calls = []

    def batches(rng):  # of the same name as the run's, so that the setting is the same
        calls.append(0)
        for k, batch in enumerate(globals()["batches"](rng)):
            if len(calls) == 3 and k == 1:
                raise KeyboardInterrupt
            yield batch

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, 6, batches=batches)
    assert latest(tmp_path) == 2
    assert_same(train(tmp_path, 6, batches=batches), train(None, 6))


@pytest.mark.parametrize("backend", BACKENDS)
def test_early_stopping_is_in_the_checkpoint(tmp_path, backend):
    """A run that was stopped stays so, with the best parameters; one that goes on does as if it had not paused."""
    noisy = {"schedule": optim.Constant(0.3), "clip": None, "patience": 2}
    whole = train(None, 30, backend, **noisy)
    best, stopped = whole[1].best_epoch, whole[1].epochs
    assert 1 < best == stopped - 2 < 28
    assert_same((whole[0], whole[1]), train(tmp_path / "whole", 30, backend, **noisy))
    assert_same(whole, train(tmp_path / "whole", 40, backend, **noisy))
    train(tmp_path / "parts", stopped - 1, backend, **noisy)
    assert_same(whole, train(tmp_path / "parts", 30, backend, **noisy))


@pytest.mark.parametrize(("first", "then"), [("numpy", "torch"), ("torch", "numpy")])
def test_a_run_goes_on_in_the_other_backend(tmp_path, first, then):
    train(tmp_path, 3, first)
    resumed, wanted = numbers(*train(tmp_path, 6, then)), numbers(*train(None, 6, then))
    for name, a in wanted.items():
        if a.dtype == float:
            np.testing.assert_allclose(resumed[name], a, rtol=0, atol=1e-12, err_msg=name)


def test_without_resume_the_run_starts_again(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "epoch-best.npz").write_text("mine too")
    train(tmp_path, 5)
    assert_same(train(tmp_path, 3, resume=False, seed=6), train(None, 3, seed=6))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"notes.txt", "epoch-best.npz", "epoch-000002.npz", "epoch-000003.npz"}


def test_arrays_and_floats_come_back_as_they_were(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {"a/b": rng.standard_normal((3, 2)), "file": np.float32([0.1]), "t": torch.tensor([-0.0, 1e-310])}
    arrays["n"] = torch.nn.Parameter(torch.ones(2, dtype=torch.float32))
    record = {"losses": list(rng.standard_normal(50)), "big": 2**127 + 1, "none": None}
    checkpoint.save(tmp_path / "new" / "folder", 7, arrays, record)
    found = checkpoint.load(tmp_path / "new" / "folder")
    assert found.record == record
    assert found.arrays.keys() == arrays.keys()
    for name, a in arrays.items():
        a = a.detach().numpy() if isinstance(a, torch.Tensor) else a
        assert found.arrays[name].dtype == a.dtype
        assert found.arrays[name].tobytes() == a.tobytes()
    with np.load(tmp_path / "new" / "folder" / "epoch-000007.npz", allow_pickle=False) as file:
        assert np.array_equal(file["arrays/a/b"], arrays["a/b"])  # an ordinary .npz


def test_a_folder_without_checkpoints_has_none(tmp_path):
    assert checkpoint.load(tmp_path / "missing") is None
    checkpoint.clear(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


def spoilt(folder):
    train(folder, 2)
    for path in folder.glob("epoch-*.npz"):
        damaged(path, "half")
    train(folder, 4)


def of_version(folder, version, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "VERSION", version)
        train(folder, 2)
    train(folder, 4)


def after_two(folder, **changed):
    train(folder, 2)
    train(folder, **{"epochs": 4} | changed)


def in_float32():
    return made().to(dtype="float32")


CALLS = {
    "all are damaged": (
        lambda folder, m: spoilt(folder),
        "holds epoch-000002.npz, epoch-000001.npz, all damaged, expected one that is whole. Remove them to start",
    ),
    "another format": (
        lambda folder, m: of_version(folder, 3, m),
        "epoch-000002.npz has format 'rnnkit checkpoint', version 3, expected 'rnnkit checkpoint', version 2",
    ),
    "a lower number": (
        lambda folder, m: [checkpoint.save(folder, k, {}, {}) for k in (3, 2)],
        "number is 2, expected 3 or more",
    ),
    "Python objects": (
        lambda folder, m: checkpoint.save(folder, 1, {"weight": np.array([{}])}, {}),
        "arrays/weight holds Python objects, expected numbers, so that no one runs a checkpoint.",
    ),
    "other settings": (
        lambda folder, m: after_two(folder, seed=6, clip=1.0),
        "is of a run with other settings, expected the same: clip was 0.5 and is 1.0; seed was 5 and is 6. Use another",
    ),
    "another optimiser": (
        lambda folder, m: after_two(folder, optimizer=optim.Adam(0.01)),
        "optimizer was 'Adam(lr=0.01, beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01)' and is 'Adam(lr=0.01, ",
    ),
    "another schedule": (
        lambda folder, m: after_two(folder, schedule=None),
        "schedule was 'Cosine(lr=0.02, steps=400, final=0.0)' and is None",
    ),
    "another model": (
        lambda folder, m: after_two(folder, model=made(hidden=H + 1)),
        "0.weight_ih_l0 has shape (20, 2) and dtype float64 in the checkpoint in",
    ),
    "another dtype": (
        lambda folder, m: after_two(folder, model=in_float32()),
        "float32, as in the model. Is it of anoth",
    ),
    "another dropout": (lambda folder, m: after_two(folder, model=made(dropout=0.1)), "'dropout': 0.3"),
    "a layer more": (
        lambda folder, m: after_two(folder, model=rnnkit.Sequential(*made().layers, rnnkit.Linear(I, I, rng=0))),
        "has no parameter 2.bias, expected the model's: 0.weight_ih_l0",
    ),
    "fewer epochs": (
        lambda folder, m: after_two(folder, epochs=1),
        "epochs is 1, expected 2 or more, which the checkpoint in",
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_says_what_was_expected_and_what_came(name, tmp_path, monkeypatch):
    call, message = CALLS[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        call(tmp_path, monkeypatch)


def test_a_refused_checkpoint_changes_nothing(tmp_path):
    train(tmp_path, 2)
    model, optimiser = made(seed=9), optim.Adam(0.01, weight_decay=0.01)
    before = numbers(model, rnnkit.History(""))
    with pytest.raises(ValueError, match="other settings"):
        train(tmp_path, 4, model=model, optimizer=optimiser, seed=6)
    after = numbers(model, rnnkit.History(""))
    assert not [name for name in before if not np.array_equal(before[name], after[name])]
    assert optimiser.steps == 0
