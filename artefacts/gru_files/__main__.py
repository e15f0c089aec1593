"""Train the weights of problem set 4: GRUs that say the first number of a sequence, three in each of two forms.

Of the seeds from 0 on, those are kept whose network has learned the task in its own form and fails at it in the other.
It takes about ten seconds.
"""

import argparse
import json
from itertools import count, islice

import numpy as np

from rnnkit import GRU, GRUResetBefore, Last, Linear, Sequential, losses
from rnnkit.course.sets.ps4_gates.files import FILE, H, T, answers
from rnnkit.training import Adam, clip_by_global_norm

Form = type[GRU] | type[GRUResetBefore]
Weights = dict[str, list[float]]
ORDER = (True, False, False, True, False, True)  # reset_after of file 1, 2, and so on
UPDATES, SLOW, RATE, BATCH, CLIP, DECIMALS = 1500, 1100, 0.02, 32, 1.0, 3
SCALE = 3  # of the first weights: gates that differ from 1/2 from the start
LEARNED, FAILS = 0.002, 0.4  # mean squared errors, as shares of that of one who always says 0


def train(form: Form, seed: int) -> Weights:
    """The weights of one network, rounded. From update SLOW on the rate is a fifth."""
    rng = np.random.default_rng(seed)
    model = Sequential(form(1, H, rng=rng), Last(), Linear(H, 1, rng=rng))
    for name in list(model.params)[:4]:
        model.params[name] = SCALE * model.params[name]
    optimizer = Adam(RATE)
    for update in range(UPDATES):
        xs = rng.uniform(-1, 1, (T, BATCH, 1))
        run = model(xs)
        _, d_y = losses.squared_error(run.h, xs[0])
        grads = model.backward(run, d_y).params
        clip_by_global_norm(grads, CLIP)
        optimizer.update(model.params, grads, RATE if update < SLOW else RATE / 5)
    *arrays, weight_out, bias_out = model.params.values()
    names = "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_out", "bias_out"
    found = zip(names, (*arrays, weight_out[0], bias_out[0]), strict=True)
    return {name: np.round(np.asarray(array), DECIMALS).tolist() for name, array in found}


def shares(weights: Weights) -> tuple[float, float]:
    """The errors with the reset after the product and before it, as shares of that of one who always says 0."""
    xs = np.random.default_rng(12345).uniform(-1, 1, (T, 2000))
    arrays = {name: np.array(values) for name, values in weights.items()}
    after, before = (float(np.mean((answers(arrays, xs, form) - xs[0]) ** 2) * 3) for form in (True, False))
    return after, before


def kept(reset_after: bool) -> list[Weights]:
    """As many networks as there are files of this form."""
    trained = (train(GRU if reset_after else GRUResetBefore, seed) for seed in count())
    good = (w for w in trained if min(shares(w)) < LEARNED and max(shares(w)) > FAILS)
    return list(islice(good, ORDER.count(reset_after)))


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    found = {form: iter(kept(form)) for form in (True, False)}
    files = [next(found[form]) for form in ORDER]
    FILE.write_text(json.dumps(files, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {FILE.name}")


if __name__ == "__main__":
    main()
