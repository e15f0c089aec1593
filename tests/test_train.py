"""The training loop against loops written by hand in torch.nn and torch.optim, and what it says of itself."""

import importlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from wrong_calls import refused

import rnnkit
from rnnkit import data
from rnnkit import training as optim
from rnnkit.data import Batch
from rnnkit.figures import Figure
from rnnkit.training import History, clipping, loop
from rnnkit.training import progress as report
from rnnkit.training.fit import fit

pytestmark = pytest.mark.slow
BACKENDS = ["numpy", "torch"]
T, N, I, H, V = 8, 4, 3, 5, 6
SEED = 3
LOSSES = ["softmax_cross_entropy", rnnkit.softmax_cross_entropy]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(backend="numpy", num_layers=1, dropout=0.0, seed=0, size=I, outputs=V):
    rng, where = np.random.default_rng(seed), {"backend": backend, "device": "cpu", "dtype": "float64"}
    return rnnkit.Sequential(
        rnnkit.LSTM(size, H, num_layers=num_layers, dropout=dropout, rng=rng, **where),
        rnnkit.Linear(H, outputs, rng=rng, **where),
    )


def batches(rng):
    for _ in range(4):
        yield Batch(rng.standard_normal((T, N, I)), rng.integers(0, V, (T, N)))


def numbers(model):
    return {k: np.array(p if isinstance(p, np.ndarray) else p.detach().numpy()) for k, p in model.params.items()}


def streams(seed=SEED):
    """The generators of data and of dropout that a run with this seed draws from."""
    return [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]


class ByHand(torch.nn.Module):
    """The same model in torch.nn, one module a layer, so that dropout masks can be put between them."""

    def __init__(self, model):
        super().__init__()
        self.lstms = torch.nn.ModuleList()
        params = {name: torch.from_numpy(a) for name, a in numbers(model).items()}
        for k in range(model.layers[0].num_layers):
            own = {n.replace(f"_l{k}", "_l0")[2:]: p for n, p in params.items() if n.endswith(f"_l{k}")}
            self.lstms.append(torch.nn.LSTM(own["weight_ih_l0"].shape[1], H, dtype=torch.float64))
            self.lstms[-1].load_state_dict(own)
        self.linear = torch.nn.Linear(H, len(params["1.bias"]), dtype=torch.float64)
        self.linear.load_state_dict({"weight": params["1.weight"], "bias": params["1.bias"]})

    def forward(self, xs, states=None, window=None, share=0.0, rng=None):
        """Logits and final states; a graph is cut at multiples of the window; a mask a sequence between layers."""
        h, ends = torch.from_numpy(xs), []
        for k, lstm in enumerate(self.lstms):
            if share and k:
                h = h * torch.from_numpy((rng.random((h.shape[1], H)) >= share) / (1 - share))
            state, parts = states and states[k], []
            for chunk in h.split(window or len(h)):
                out, state = lstm(chunk, state)
                state = tuple(s.detach() for s in state)
                parts.append(out)
            h = torch.cat(parts)
            ends.append(state)
        return self.linear(h), ends

    def numbers(self):
        found = {f"1.{name}": p.detach().numpy() for name, p in self.linear.named_parameters()}
        for k, lstm in enumerate(self.lstms):
            found |= {"0." + n.replace("_l0", f"_l{k}"): p.detach().numpy() for n, p in lstm.named_parameters()}
        return found


def by_hand(model, epochs, clip=None, rates=None, window=None, carry=False, share=0.0):
    """Adam on cross-entropy as PyTorch's tutorials write it; the loss of each epoch, and the norms of the last."""
    (rng, dropout), theirs, losses, step = streams(), ByHand(model), [], 0
    optimiser = torch.optim.Adam(theirs.parameters(), lr=0.02)
    for _ in range(epochs):
        state, values, norms = None, [], []
        for batch in batches(rng):
            optimiser.param_groups[0]["lr"] = rates[step] if rates is not None else 0.02
            optimiser.zero_grad()
            logits, ends = theirs(batch.xs, state, window, share, dropout)
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(batch.targets).flatten())
            loss.backward()
            norm = torch.nn.utils.get_total_norm([p.grad for p in theirs.parameters()])
            if clip is not None and norm > clip:
                for p in theirs.parameters():
                    p.grad *= clip / norm
            optimiser.step()
            state, step = ends if carry else None, step + 1
            values.append(loss.item())
            norms.append(norm.item())
        losses.append(np.mean(values))
    return theirs, losses, norms


CASES = {
    "plain": ({"clip": None}, {}, {}),
    "clipped": ({"clip": 0.1}, {"clip": 0.1}, {}),
    "a window": ({"clip": None, "window": 3}, {"window": 3}, {}),
    "the state carried": ({"clip": None, "carry": True}, {"carry": True}, {}),
    "two layers, carried, with a window": (
        {"clip": 0.1, "carry": True, "window": 5},
        {"clip": 0.1, "carry": True, "window": 5},
        {"num_layers": 2},
    ),
    "dropout": ({"clip": None}, {"share": 0.4}, {"num_layers": 2, "dropout": 0.4}),
    "a schedule": (
        {"clip": None, "schedule": optim.StepDecay(0.02, 5, 0.5)},
        {"rates": 0.02 * 0.5 ** (np.arange(12) // 5)},
        {},
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CASES)
def test_training_is_a_hand_written_loop_in_torch(name, backend):
    ours, theirs, shape = CASES[name]
    model = made(backend, **shape)
    hand, losses, norms = by_hand(model, 3, **theirs)
    loss, adam = rnnkit.softmax_cross_entropy, optim.Adam(0.02)
    history = fit(model, batches, loss, adam, 3, seed=SEED, progress=False, **ours)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-10)
    assert history.grad_norm[-1] == pytest.approx(np.mean(norms), rel=1e-8)
    assert history.grad_norm_max[-1] == pytest.approx(np.max(norms), rel=1e-8)
    assert history.lr[-1] == pytest.approx(theirs.get("rates", [0.02])[-1])
    for key, p in hand.numbers().items():
        np.testing.assert_allclose(numbers(model)[key], p, rtol=0, atol=1e-9, err_msg=key)


def test_each_of_these_options_changes_the_result():
    """So that the comparison above cannot hold because nothing happened."""
    ends = []
    for _, theirs, shape in CASES.values():
        if shape.get("num_layers", 1) == 1:
            ends.append(by_hand(made(**shape), 3, **theirs)[1][-1])
    gaps = np.abs(np.subtract.outer(ends, ends)) + np.eye(len(ends))
    assert gaps.min() > 1e-4
    dropped = by_hand(made(num_layers=2), 3, share=0.4)[1][-1]
    assert abs(dropped - by_hand(made(num_layers=2), 3)[1][-1]) > 1e-4


def test_both_backends_learn_a_task_alike():
    """Recall of two steps back gets far better than chance, and the two loss curves are one."""
    task, curves = data.Recall(length=10, lag=2, symbols=3), []
    for backend in BACKENDS:
        model = made(backend, size=task.input_size, outputs=task.output_size)
        history = fit(
            model,
            task.batches(steps=10, n=16),
            getattr(rnnkit.losses, task.loss),
            optim.Adam(0.05),
            12,
            validation=task.batches(steps=2, n=32),
            measure=task.measure,
            seed=SEED,
            progress=False,
        )
        curves.append([history.loss, history.validation_loss, history.measure, history.grad_norm])
        assert history.measure[-1] > 0.9 > 2 * task.chance
        assert (history.loss_name, history.measure_name) == ("softmax_cross_entropy", "accuracy")
    np.testing.assert_allclose(*curves, rtol=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_losses_are_weighted_by_scored_answers(backend):
    """Batches of different lengths, with NaN where the mask is False: the mean over all answers of the set."""
    rng, given = np.random.default_rng(1), []
    for length in (T, 2, 5):
        mask = np.arange(length)[:, None] < np.array([length, 1, max(1, length - 3), length])
        given.append(Batch(rng.standard_normal((length, N, I)), rng.integers(0, V, (length, N)), mask))
        given[-1].xs[~mask] = np.nan
    wanted, model = ByHand(made()), made(backend)
    before = []
    for batch in given:
        logits, _ = wanted(np.nan_to_num(batch.xs))
        flat = logits.transpose(1, 2), torch.from_numpy(batch.targets)
        losses = torch.nn.functional.cross_entropy(*flat, reduction="none")
        before.append(losses.detach().numpy()[batch.mask])
    still = optim.SGD(1e-300)  # so that the parameters stay
    seen = []

    def measure(y, batch):
        assert isinstance(y, np.ndarray)
        seen.append(y.shape)
        return float(batch.mask.mean())

    loss = rnnkit.softmax_cross_entropy
    history = fit(
        model, lambda rng: given, loss, still, 1, validation=lambda rng: given, measure=measure, progress=False
    )
    assert history.loss[0] == pytest.approx(np.concatenate(before).mean(), rel=1e-12)
    assert history.validation_loss[0] == pytest.approx(np.concatenate(before).mean(), rel=1e-12)
    counts = [batch.mask.sum() for batch in given]
    shares = [batch.mask.mean() for batch in given]
    assert history.measure[0] == pytest.approx(np.average(shares, weights=counts), rel=1e-12)
    assert seen == [(T, N, V), (2, N, V), (5, N, V)]


def test_padding_is_never_scored():
    calls = []

    def loss(y, targets, scored):
        calls.append((y.shape, scored))
        return rnnkit.softmax_cross_entropy(y, targets, scored)

    mask = np.arange(T)[:, None] < np.array([T, 3, 5, T])
    xs, targets, scored = np.ones((T, N, I)), np.ones((T, N), int), np.arange(T)[:, None] >= np.ones(N)
    fit(made(), lambda rng: [Batch(xs, targets, mask, scored)], loss, optim.SGD(0.1), 1, progress=False)
    by_output = np.ones((T, N, V), bool)
    regression = [Batch(xs, np.zeros((T, N, V)), mask.tolist(), by_output.tolist())]
    fit(made(), lambda rng: regression, lambda y, t, s: (calls.append((y.shape, s)), (0.0, y))[1], optim.SGD(0.1), 1)
    assert np.array_equal(calls.pop()[1], mask[..., None] & by_output)
    last = rnnkit.Sequential(rnnkit.GRU(I, H, rng=0), rnnkit.Last(), rnnkit.Linear(H, V, rng=0))
    fit(last, lambda rng: [Batch(xs, targets[0], mask)], loss, optim.SGD(0.1), 1, progress=False)
    assert calls[0][0] == (T, N, V)
    assert np.array_equal(calls[0][1], mask & scored)
    assert calls[1] == ((N, V), None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_validation_has_its_own_fixed_data_and_no_dropout(backend):
    drawn, outputs = [], []

    def validation(rng):
        drawn.append(rng.spawn(1)[0].standard_normal(3).tolist() + rng.standard_normal(3).tolist())
        yield from batches(rng)

    def measure(y, batch):
        outputs.append(y)
        return 0.0

    model = made(backend, num_layers=2, dropout=0.5)
    common = {"validation": validation, "measure": measure, "progress": False}
    for seed in (0, 1):
        fit(model, batches, rnnkit.softmax_cross_entropy, optim.SGD(1e-300), 2, seed=seed, **common)
    assert drawn == [drawn[0]] * 4
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(2,)))
    rng.standard_normal(3)
    whole = [np.array(model(batch.xs).h.tolist()) for batch in batches(rng)]  # called without a generator: no dropout
    assert all(np.array_equal(y, whole[k % 4]) for k, y in enumerate(outputs))
    training = [rng.standard_normal(3).tolist() for seed in (0, 1) for rng in streams(seed)]
    assert drawn[0][3:] not in training


@pytest.mark.parametrize("backend", BACKENDS)
def test_early_stopping_goes_back_to_the_best_epoch(backend):
    """Held against a run of just so many epochs; the training data is pure noise, so validation gets worse."""
    common = {"validation": batches, "seed": SEED, "progress": False, "clip": None}
    loss = rnnkit.softmax_cross_entropy
    model, reference, longer = made(backend), made(backend), made(backend)
    history = fit(model, batches, loss, optim.Adam(0.1), 40, patience=3, **common)
    best = history.best_epoch
    assert 0 < best < history.epochs == best + 3 < 40
    assert history.validation_loss[best - 1] == min(history.validation_loss)
    fit(reference, batches, loss, optim.Adam(0.1), best, **common)
    fit(longer, batches, loss, optim.Adam(0.1), best + 3, **common)
    assert all(np.array_equal(a, numbers(reference)[name]) for name, a in numbers(model).items())
    assert not all(np.array_equal(a, numbers(longer)[name]) for name, a in numbers(model).items())


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_seed_decides_the_numbers(backend):
    runs = []
    for seed in (0, 0, 1):
        model = made(backend, num_layers=2, dropout=0.5)
        history = fit(model, batches, rnnkit.softmax_cross_entropy, optim.RMSProp(0.01), 3, seed=seed, progress=False)
        runs.append((history.loss, numbers(model)))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    assert all(np.array_equal(a, runs[1][1][name]) for name, a in runs[0][1].items())


def test_frozen_parameters_do_not_count_for_clipping():
    """As with torch's own clipping, which sees the gradients of those that are trained."""
    frozen, free = made("torch"), made("torch")
    held = ["0.weight_ih_l0", "0.bias_ih_l0", "1.weight", "1.bias"]
    for name in held:
        frozen.params[name].requires_grad_(False)
    histories = [fit(m, batches, rnnkit.softmax_cross_entropy, optim.AdamW(0.01), 1) for m in (frozen, free)]
    start, end = numbers(made("torch")), numbers(frozen)
    assert [name for name in start if np.array_equal(start[name], end[name])] == held
    assert histories[0].grad_norm[0] < 0.9 * histories[1].grad_norm[0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_accumulated_batches_equal_a_large_one(backend):
    """Seven batches of two sequences are three updates, as of six, six and two; with a mask, lengths differ."""
    rng = np.random.default_rng(0)
    xs, targets = rng.standard_normal((T, 14, I)), rng.integers(0, V, (T, 14))
    mask = np.arange(T)[:, None] < rng.integers(1, T + 1, 14)

    def cut(n):
        return lambda rng: [Batch(*(a[:, k : k + n] for a in (xs, targets, mask))) for k in range(0, 14, n)]

    ends = []
    for given, accumulate in ((cut(6), 1), (cut(2), 3), (cut(2), 1)):
        model, adam = made(backend), optim.Adam(0.02)
        how = {"clip": 0.1, "schedule": optim.StepDecay(0.02, 5, 0.5), "accumulate": accumulate, "progress": False}
        ends.append((fit(model, given, LOSSES[0], adam, 3, **how), numbers(model), adam.steps))
    (large, wanted, _), (small, found, steps), (_, other, _) = ends
    assert steps == 9
    for name, p in wanted.items():
        np.testing.assert_allclose(found[name], p, rtol=0, atol=1e-12, err_msg=name)
        assert np.abs(other[name] - p).max() > 1e-4
    for name in ("loss", "grad_norm", "grad_norm_max", "lr"):
        np.testing.assert_allclose(getattr(small, name), getattr(large, name), rtol=1e-11, err_msg=name)


def test_an_unscored_batch_weighs_nothing():
    batch = next(batches(np.random.default_rng(0)))
    unscored, ends = batch._replace(scored=np.zeros((T, N), bool)), []
    for given, accumulate in (([batch], 1), ([unscored, batch], 2), ([batch, unscored], 2)):
        model = made()
        fit(model, lambda rng, given=given: given, LOSSES[0], optim.SGD(0.1), 1, accumulate=accumulate, progress=False)
        ends.append(numbers(model))
    for found in ends[1:]:
        for name, p in ends[0].items():
            np.testing.assert_allclose(found[name], p, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("answer", "epochs"), [(True, 1), (np.bool_(True), 1), (np.False_, 2), (None, 2), (7, 2)])
def test_a_true_answer_after_an_epoch_stops(answer, epochs):
    assert fit(made(), batches, LOSSES[0], optim.SGD(0.1), 2, after_epoch=lambda history: answer).epochs == epochs


def test_a_loss_may_be_called_by_its_name():
    runs = [fit(made(), batches, loss, optim.SGD(0.1), 2, progress=False).loss for loss in LOSSES]
    assert runs[0] == runs[1]


def test_a_measure_of_strings_is_the_mean_over_strings():
    """Not over symbols, of which a long string has more: the same strings in one batch and in many give one number."""
    task, shares = data.AnBn(), []
    whole = task.sample(0, 64)
    for n in (64, 7):
        pieces = [Batch(*(a if a is None else a[:, k : k + n] for a in whole)) for k in range(0, 64, n)]
        model = made(size=task.input_size, outputs=task.output_size)
        settings = {"validation": lambda rng, pieces=pieces: pieces, "measure": task.measure, "progress": False}
        shares.append(fit(model, task.batches(40, 32), task.loss, optim.Adam(0.02), 3, **settings).measure[-1])
    assert shares[0] == pytest.approx(shares[1], rel=1e-12)
    assert shares[0] == pytest.approx(task.measure(model(whole.xs, mask=whole.mask).h, whole), rel=1e-12)
    assert 0.1 < shares[0] < 0.9


@pytest.mark.parametrize("end", [KeyboardInterrupt, optim.Diverged])
def test_the_best_parameters_are_back_however_training_ends(end):
    states, epochs = [], []

    def watched(rng):
        epochs.append(0)
        if len(epochs) == 4:
            raise end
        yield from batches(rng)

    def worse(y, targets, scored):
        return float(len(epochs)), np.zeros_like(y) + 1e-3

    def seen(y, batch):
        states.append(numbers(model))
        return 0.0

    model = made()
    with pytest.raises(end):
        fit(model, watched, worse, optim.SGD(0.1), 9, validation=batches, measure=seen, patience=8, progress=False)
    assert all(np.array_equal(a, states[0][name]) for name, a in numbers(model).items())
    assert not all(np.array_equal(a, states[-1][name]) for name, a in numbers(model).items())


def with_nan(at):
    """Batches whose targets hold a NaN in one step of the second epoch."""
    epochs = []

    def batches(rng):
        epochs.append(0)
        for k in range(4):
            targets = rng.standard_normal((T, N, V))
            targets[3, 1, 2] = np.nan if (len(epochs), k) == at else 0
            yield Batch(rng.standard_normal((T, N, I)), targets)

    return batches


@pytest.mark.parametrize("looks", [True, False], ids=["in each step", "at the end of an epoch"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_infinite_loss_stops_the_run(backend, looks, monkeypatch):
    """On a GPU no step is looked at, but the end of the epoch is: acted here by hiding the steps' numbers."""
    if not looks:
        own = loop.on_processor
        monkeypatch.setattr(loop, "on_processor", lambda a: own(a) and isinstance(a, float))
        monkeypatch.setattr(clipping, "on_processor", lambda a: False)
        monkeypatch.setattr(rnnkit.checks, "weight", lambda name, a: None)
    message = r"epoch 2, step 3: the loss is nan\. Is the learning rate too large, the gradient not clipped, or a NaN"
    with pytest.raises(optim.Diverged, match=message):
        fit(made(backend), with_nan((2, 3 - 1)), rnnkit.squared_error, optim.SGD(0.1), 4, progress=False)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_that_explodes_stops(backend):
    """A linear model with far too large a step; the gradient overflows before or after the loss does."""
    where = {"backend": backend, "device": "cpu", "dtype": "float64"}
    model = rnnkit.Sequential(rnnkit.Linear(I, V, rng=0, **where))

    def batches(rng):
        while True:
            yield Batch(rng.standard_normal((T, N, I)), rng.standard_normal((T, N, V)))

    with pytest.raises(optim.Diverged, match=r"epoch 1, step \d+: the (loss|gradient's norm) is (inf|nan)"):
        fit(model, batches, rnnkit.squared_error, optim.SGD(100.0), 1, clip=None, progress=False)
    assert all(np.isfinite(a).all() for a in numbers(model).values())


def test_a_validation_loss_that_is_not_finite_stops_too():
    common = {"validation": with_nan((1, 2)), "progress": False}
    with pytest.raises(optim.Diverged, match="the validation after epoch 1: the loss is nan"):
        fit(made(), with_nan(None), rnnkit.squared_error, optim.SGD(0.1), 4, **common)


def test_an_error_in_a_batch_says_in_which_one():
    def ragged(rng):
        yield Batch(np.zeros((T, N, I)), np.zeros((T, N), int))
        yield Batch(np.zeros((T, N, I + 1)), np.zeros((T, N), int))

    with pytest.raises(ValueError, match="xs has 4 features") as caught:
        fit(made(), ragged, rnnkit.softmax_cross_entropy, optim.SGD(0.1), 1, progress=False)
    assert caught.value.__notes__ == ["This happened in epoch 1, step 2."]


def quick(epochs=2, **options):
    return fit(made(), batches, rnnkit.softmax_cross_entropy, optim.Adam(0.01), epochs, **options)


def test_the_bar_shows_epoch_step_and_losses(capsys):
    quick(3, validation=batches)
    shown = capsys.readouterr().err
    assert "epoch 3, step 4: 100%" in shown
    assert re.search(r"3/3 .*loss \d\.\d+, validation loss \d\.\d+", shown)


def test_a_terminal_gets_its_bar_where_a_kernels_code_was_imported():
    """tqdm.auto would choose a notebook's, and no one would see it."""
    show = "with progress(True, 3, 0) as bar: bar.step(1, 4)"
    code = f"import ipykernel.zmqshell\nfrom rnnkit.training.progress import progress\n{show}"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "epoch 1, step 4" in shown.stderr


def test_the_bar_tells_the_time_of_an_epoch(capsys, monkeypatch):
    """An epoch of 20 steps, each a tenth of a second on a clock of the test's own."""
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    history = History("squared_error")
    with report.progress(True, 4, 0) as bar:
        for epoch in (1, 2, 3):
            for step in range(1, 21):
                now[0] += 0.1
                bar.step(epoch, step)
            history.append({"loss": 0.5})
            bar.epoch(history)
    shown = capsys.readouterr().err.split("\r")
    middle = next(line for line in shown if "epoch 2, step 10:" in line)
    assert "1.5/4 [00:03<00:05,  2.00s/epoch" in middle
    assert "3/4 [00:06<00:02,  2.00s/epoch" in shown[-1]


def test_what_comes_after_an_epoch_may_stop_the_run():
    seen = []
    history = quick(5, progress=False, after_epoch=lambda history: seen.append(history.epochs) or len(seen) == 3)
    assert (seen, history.epochs) == ([1, 2, 3], 3)
    assert quick(2, progress=False, after_epoch=lambda history: 1).epochs == 2  # True alone stops it


def test_lines_without_tqdm_and_silence_when_asked(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    history = quick(2, validation=batches, measure=lambda y, batch: 0.5)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert lines[1] == f"epoch 2/2: {history.last()}"
    quick(2, progress=False)
    assert capsys.readouterr() == ("", "")


def test_training_needs_numpy_alone():
    """In a fresh interpreter in which every other installed package refuses to be imported."""
    program = """
import sys
class OnlyNumpy:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in sys.stdlib_module_names | {"numpy", "rnnkit"}:
            raise ModuleNotFoundError(f"{name} was asked for", name=name)
sys.meta_path.insert(0, OnlyNumpy())
import tempfile, numpy as np, rnnkit
from rnnkit import data, Adam
model = rnnkit.Sequential(rnnkit.GRU(1, 3, rng=0), rnnkit.Linear(3, 1, rng=0))
batches = lambda rng: [data.Batch(np.ones((4, 2, 1)), np.ones((4, 2, 1)))]
with tempfile.TemporaryDirectory() as folder:
    rnnkit.fit(model, batches, rnnkit.squared_error, Adam(), 3, validation=batches, patience=2, checkpoint=folder)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch ") == 3


def test_tensorboard_reads_the_history(tmp_path):
    reader = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    folder, kept = tmp_path / "board", tmp_path / "kept"
    common = {"validation": batches, "tensorboard": folder, "checkpoint": kept, "progress": False}
    quick(2, **common)
    history = quick(3, **common)
    found = reader.EventAccumulator(str(folder))
    found.Reload()
    names = {"loss", "validation_loss", "grad_norm", "grad_norm_max", "lr", "seconds"}
    assert set(found.Tags()["tensors"]) == names
    for name in names - {"seconds"}:
        events = found.Tensors(name)
        assert [event.step for event in events] == [1, 2, 3]
        np.testing.assert_allclose([e.tensor_proto.float_val[0] for e in events], getattr(history, name), rtol=1e-6)


def test_a_history_comes_back_exactly(tmp_path):
    history = quick(3, validation=batches, progress=False)
    again = History.from_json(history.to_json())
    assert again == history
    assert again.loss[0].hex() == history.loss[0].hex()
    assert json.loads(history.to_json())["loss_name"] == "softmax_cross_entropy"


def test_a_history_draws_itself():
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    history = History("softmax_cross_entropy", loss=[1.0, 0.5, 0.4], validation_loss=[1.2, 0.7, 0.9])
    ax = history.plot()
    training, validation, best = (line.get_xydata().tolist() for line in ax.lines)
    assert training == [[1, 1.0], [2, 0.5], [3, 0.4]]
    assert validation == [[1, 1.2], [2, 0.7], [3, 0.9]]
    assert best == [[2, 0.7]]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["training", "validation", "best: 0.7 at epoch 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "cross-entropy (nats)")
    assert history.plot(ax) is ax
    pyplot.close(ax.figure)
    html = Figure(history.plot, alt="two falling curves", caption="Validation turns first.")._repr_html_()
    assert not re.findall(r"#[0-9A-Fa-f]{6}", re.sub(r"var\([^)]*\)", "", html))


def test_a_curve_with_a_zero_is_plotted():
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    ax = History("my_loss", loss=[1.0, 0.0]).plot()
    assert (ax.get_yscale(), ax.get_ylabel(), len(ax.lines)) == ("linear", "my_loss", 2)
    pyplot.close(ax.figure)


def test_what_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.raises(ImportError, match=r"tensorboard=\.\.\. needs tensorboard, .* Run: pip install tensorboard"):
        quick(tensorboard=tmp_path, progress=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="plot needs matplotlib, which is not installed"):
        History("loss", loss=[1.0]).plot()


def shrinking(rng):
    for n in (N, N - 1):
        yield Batch(rng.standard_normal((T, n, I)), rng.integers(0, V, (T, n)))


CALLS = {
    "a list for a function": (
        lambda: fit(made(), [1], rnnkit.squared_error, optim.SGD(0.1), 1),
        "batches is list, expected a function that takes a Generator and returns an epoch's batches",
    ),
    "a list for validation": (lambda: quick(validation=[]), "validation is list, expected a function"),
    "pairs for batches": (
        lambda: fit(made(), lambda rng: [(1, 2)], rnnkit.squared_error, optim.SGD(0.1), 1, progress=False),
        "batches gave a tuple, expected something with xs, targets, mask and scored. Use rnnkit.data.Batch.",
    ),
    "no batch": (
        lambda: fit(made(), lambda rng: [], rnnkit.squared_error, optim.SGD(0.1), 1, progress=False),
        "batches gave no batch, expected one or more for an epoch. Does it return the same "
        "iterator again, now used up?",
    ),
    "no batch to validate": (
        lambda: quick(validation=lambda rng: iter(()), progress=False),
        "validation gave no batch, expected one or more for an epoch",
    ),
    "a measure of nothing": (
        lambda: quick(measure=lambda y, batch: 0.0),
        "expected None: there is no validation for it to look at",
    ),
    "patience with nothing": (
        lambda: quick(patience=2),
        "patience is 2, expected None: there is no validation for it to look at.",
    ),
    "no patience": (
        lambda: quick(patience=0, validation=batches),
        "patience is 0, expected a whole number of 1 or more",
    ),
    "half an epoch": (lambda: quick(1.5), "epochs is 1.5, expected a whole number of 1 or more"),
    "no epochs": (lambda: quick(None), "epochs is None, expected a whole number of 1 or more"),
    "a window of 0": (lambda: quick(window=0), "window is 0, expected a whole number of 1 or more"),
    "a clip of 0": (lambda: quick(clip=0.0), "clip is 0.0, expected a number above 0. None clips nothing."),
    "a seed that is none": (lambda: quick(seed="a"), "seed is 'a', expected a whole number of 0 or more"),
    "another model": (
        lambda: fit(torch.nn.LSTM, batches, LOSSES[0], optim.SGD(0.1), 1),
        "model is a type, expected a layer or a Sequential of rnnkit's",
    ),
    "another optimiser": (
        lambda: fit(made(), batches, LOSSES[0], torch.optim.SGD([torch.zeros(1)], 0.1), 1),
        "optimizer is torch's SGD, expected one of rnnkit.training, such as rnnkit.Adam(0.01)",
    ),
    "a class for an optimiser": (
        lambda: fit(made(), batches, LOSSES[0], optim.Adam, 1),
        "optimizer is the class Adam, expected one of rnnkit.training",
    ),
    "a loss that there is not": (
        lambda: fit(made(), batches, "mse", optim.SGD(0.1), 1),
        "loss is 'mse', expected a function, loss(y, targets, scored) -> (number, d_y), or the name of one",
    ),
    "a function that is no loss": (
        lambda: fit(made(), batches, "exp", optim.SGD(0.1), 1),
        "loss is 'exp', expected a function",
    ),
    "a loss of torch's": (
        lambda: fit(made(), batches, torch.nn.MSELoss(), optim.SGD(0.1), 1),
        "loss is MSELoss(), expected a function",
    ),
    "nothing to train": (
        lambda: fit(rnnkit.Last(), batches, LOSSES[0], optim.SGD(0.1), 1),
        "the model has no parameter to train, expected at least one. Are all of them frozen?",
    ),
    "an update after no batch": (lambda: quick(accumulate=0), "accumulate is 0, expected a whole number of 1 or more"),
    "a number for a schedule": (lambda: quick(schedule=0.1), "schedule is 0.1, expected a function"),
    "a clip of text": (lambda: quick(clip="1"), "clip is '1', expected a number above 0"),
    "a schedule that climbs": (
        lambda: quick(schedule=lambda step: -1.0, progress=False),
        "lr is -1.0, expected 0 <= lr < inf",
    ),
    "a stream into both directions": (
        lambda: fit(rnnkit.GRU(I, H, bidirectional=True), batches, LOSSES[0], optim.SGD(0.1), 1, carry=True),
        "carry is True, expected False",
    ),
    "a stream whose batches shrink": (
        lambda: fit(made(), shrinking, LOSSES[0], optim.SGD(0.1), 1, carry=True, progress=False),
        f"xs has {N - 1} sequences, expected {N}, as in the batch before, whose state goes on: carry is True. Leave a",
    ),
    "a file for the checkpoints' folder": (
        lambda: quick(checkpoint=__file__, progress=False),
        "is a file, expected a folder for checkpoints",
    ),
    "an empty history's best": (lambda: History("loss").best_epoch, "the history has no epoch, expected at least one"),
    "an empty history's plot": (lambda: History("loss").plot(), "the history has no epoch, expected at least one"),
    "another JSON": (
        lambda: History.from_json('{"loss": []}'),
        "the text holds loss, expected a history's loss_name, measure_name, loss, ",
    ),
    "a list in JSON": (lambda: History.from_json("[1]"), "the text holds list, expected a history's"),
    "no JSON": (lambda: History.from_json("loss"), "the text is no JSON (Expecting value: "),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
