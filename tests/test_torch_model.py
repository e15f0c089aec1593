"""A torch.nn.Module of one's own in fit: the numbers are those of a loop in torch, and of the same model in rnnkit."""

import re
import textwrap

import numpy as np
import pytest
import torch
from torch.optim.swa_utils import AveragedModel
from wrong_calls import refused

import rnnkit
from rnnkit.data import Batch

T, N, I, H, V = 5, 4, 3, 6, 4


class Tagger(torch.nn.Module):
    def __init__(self, rnn=None, dropout=0.0):
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.out = rnn or torch.nn.GRU(I, H), torch.nn.Linear(H, V)
        self.drop, self.unused = torch.nn.Dropout(dropout), torch.nn.Parameter(torch.ones(2))

    def forward(self, xs):
        h, _ = self.rnn(xs)
        return self.out(self.drop(h))


class Masked(Tagger):
    def forward(self, xs, mask=None, state=None):
        run = self.rnn(xs, state, mask)
        return self.out(run.h), run.state


def batches(rng):
    for _ in range(4):
        yield Batch(rng.standard_normal((T, N, I)), rng.integers(0, V, (T, N)))


def ragged(rng):
    mask = np.arange(T)[:, None] < np.array([5, 2, 3, 1])
    for batch in batches(rng):
        yield Batch(batch.xs, batch.targets, mask)


def trained(module, epochs=3, **options):
    settings = {"batches": batches, "loss": "softmax_cross_entropy", "optimizer": rnnkit.Adam(0.02)} | options
    return rnnkit.fit(module, epochs=epochs, progress=False, **settings)


def same(one, other, tol=0.0):
    for (name, p), q in zip(one.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=tol, msg=lambda text, name=name: f"{name}: {text}")


def test_training_is_a_loop_in_torch():
    ours, theirs = Tagger(), Tagger()
    optimizer = torch.optim.Adam(theirs.parameters(), 0.02)
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[0])
    for batch in (batch for _ in range(3) for batch in batches(rng)):
        optimizer.zero_grad()
        y, targets = theirs(torch.tensor(batch.xs, dtype=torch.float32)), torch.from_numpy(batch.targets)
        torch.nn.functional.cross_entropy(y.reshape(-1, V), targets.reshape(-1)).backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
        optimizer.step()
    history = trained(ours)
    assert history.loss[-1] < history.loss[0]
    same(ours, theirs, tol=1e-4)


@pytest.mark.parametrize("options", [{}, {"carry": True}, {"batches": ragged}], ids=["plain", "carried", "ragged"])
def test_a_module_of_rnnkits_layers_is_its_sequential(options):
    rnn = rnnkit.GRU(I, H, rng=0, backend="torch", device="cpu")
    module = Masked(rnn)
    model = rnnkit.Sequential(
        rnnkit.GRU(I, H, backend="torch", device="cpu"), rnnkit.Linear(H, V, backend="torch", device="cpu")
    )
    model.params = {f"{k}.{name}": p for k, part in enumerate((rnn, module.out)) for name, p in part.named_parameters()}
    one, other = trained(module, **options), trained(model, **options)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-4)
    for k, part in enumerate((rnn, module.out)):
        for name, p in part.named_parameters():
            torch.testing.assert_close(p, model.params[f"{k}.{name}"], rtol=0, atol=2e-4)


def test_a_killed_run_ends_with_the_same_numbers(tmp_path):
    options = {"validation": batches, "patience": 9}
    whole, parts = Tagger(dropout=0.5), Tagger(dropout=0.5)
    wanted = trained(whole, 4, **options)
    trained(parts, 2, checkpoint=tmp_path, **options)
    again = Tagger(dropout=0.5)
    found = trained(again, 4, checkpoint=tmp_path, **options)
    assert (found.loss, found.validation_loss) == (wanted.loss, wanted.validation_loss)
    same(again, whole)


def test_validation_is_in_eval_mode():
    module = Tagger(dropout=0.9)
    history = trained(module, 1, validation=lambda rng: list(batches(np.random.default_rng(1)))[:1], patience=1)
    batch = next(batches(np.random.default_rng(1)))
    y = module.eval()(torch.tensor(batch.xs, dtype=torch.float32)).detach().numpy()
    assert history.validation_loss[0] == pytest.approx(rnnkit.softmax_cross_entropy(y, batch.targets)[0], rel=1e-5)


def test_what_is_frozen_stays():
    module = Tagger()
    module.rnn.requires_grad_(False)
    before = module.rnn.weight_hh_l0.clone()
    trained(module)
    assert torch.equal(module.rnn.weight_hh_l0, before)


class InHalf(Tagger):
    def forward(self, xs):
        with torch.autocast("cpu", torch.bfloat16):
            h, _ = self.rnn(xs)
            return self.out(h).float()


@pytest.mark.parametrize("rnn", [torch.nn.GRU, rnnkit.LSTM])
def test_a_module_trains_in_mixed_precision(rnn):
    options = {} if rnn is torch.nn.GRU else {"rng": 0, "backend": "torch", "device": "cpu"}
    torch.manual_seed(1)
    half, full = InHalf(rnn(I, H, **options)), Tagger(rnn(I, H, **options))
    full.load_state_dict(half.state_dict())
    one, other = trained(half), trained(full)
    assert one.loss != other.loss
    np.testing.assert_allclose(one.loss, other.loss, rtol=0.01)
    assert half.out.weight.dtype == torch.float32


def test_a_layer_in_mixed_precision_is_refused():
    model = rnnkit.Linear(I, V, backend="torch", device="cpu")
    with (
        torch.autocast("cpu", torch.bfloat16),
        pytest.raises(ValueError, match=r"logits has dtype torch\.bfloat16, expected floats: .* Use logits\.float\(\)"),
    ):
        trained(model)


class Normed(Tagger):
    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(V)

    def forward(self, xs):
        return self.norm(super().forward(xs).transpose(1, 2)).transpose(1, 2)


class Running(torch.nn.Module):
    """Returns what a layer of rnnkit's returns."""

    def __init__(self):
        super().__init__()
        self.rnn = rnnkit.GRU(I, V, rng=0, backend="torch", device="cpu")

    def forward(self, xs, state=None):
        return self.rnn(xs, state)


def test_buffers_are_trained_where_nothing_is_kept():
    module = Normed()
    trained(module)
    assert module.norm.num_batches_tracked == 12


def test_a_module_may_return_a_run():
    layer = rnnkit.GRU(I, V, rng=0, backend="torch", device="cpu")
    one, other = trained(Running(), carry=True), trained(layer, carry=True)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-5)


def test_an_average_follows_each_update():
    module, copies = Tagger(), []
    average = AveragedModel(module)

    def after_step(step):
        average.update_parameters(module)
        copies.append(module.out.weight.detach().clone())
        assert step == len(copies)

    trained(module, after_step=after_step)
    torch.testing.assert_close(average.module.out.weight, torch.stack(copies).mean(0))


def test_torchs_loss_trains_as_the_notes_say():
    """The program of ``fit``'s notes, with the squared error."""
    program = re.search(r"autograd's gradient::\n\n(.*?)\n\n    Mixed", rnnkit.fit.__doc__, re.S)[1]
    made = {"torch": torch}
    exec(textwrap.dedent(program).replace("huber_loss", "mse_loss"), made)

    def given(rng):
        return [Batch(b.xs, np.eye(V)[b.targets]) for b in batches(rng)]

    one, other = (trained(Tagger(), batches=given, validation=given, loss=f) for f in (made["loss"], "squared_error"))
    np.testing.assert_allclose(one.loss + one.validation_loss, other.loss + other.validation_loss, rtol=1e-4)


class Pair(torch.nn.Linear):
    def forward(self, xs):
        return {"y": super().forward(xs)}


CALLS = {
    "buffers": (
        lambda: trained(Normed(), validation=batches, patience=1),
        "patience is 1 and the module has the buffer norm.running_mean, expected parameters alone. Only those",
    ),
    "a loss of one number": (
        lambda: trained(Tagger(), loss=lambda y, targets, scored: 0.0),
        "loss returned a float, expected (number, d_y), the loss and its gradient: rnnkit.fit's notes show it",
    ),
    "no parameter": (lambda: trained(torch.nn.ReLU()), "the module has no parameter, expected at least one to train"),
    "a window": (lambda: trained(Tagger(), window=2), "window is 2, expected None: autograd goes back through all"),
    "a state": (lambda: trained(Tagger(), carry=True), "carry is True, expected False: the module's forward has no"),
    "a mask": (
        lambda: trained(Tagger(), batches=ragged),
        "a batch has a mask, expected none: the module's forward has no argument mask. Add mask=None",
    ),
    "a dict": (lambda: trained(Pair(I, V)), "the module returned a dict, expected a tensor, or one and a state"),
    "no model": (
        lambda: trained(3),
        "model is a int, expected a layer or a Sequential of rnnkit's, or a torch.nn.",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)
