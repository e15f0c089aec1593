"""Train ten LSTMs and ten GRUs to hold a bit, and write what is left of it after a million steps of noise.

Each is trained on windows of sixty steps, in which one step of ten tells a new bit, +1 or -1, and the others are noise;
after each step the network says the bit that came last. Then it is told one bit, and a million steps of noise follow,
in float32 and beside it in float64, with the same noise. It takes about four minutes.
"""

import argparse
import json
import time
from typing import Any, NamedTuple

import numpy as np

import rnnkit
from rnnkit.data import Batch
from rnnkit.ops import Array
from rnnkit.records import DRIFT

T, H, SEEDS, USERS, UPDATES = 60, 16, 10, 8, 400
OFTEN, NOISE = 0.1, 0.1  # how often a bit is told in training, and the deviation of the noise
MARKS = tuple(10**k for k in range(7))
AFTER = 10  # steps from a new bit to the answer


def told(rng: np.random.Generator, T: int, N: int) -> Batch:
    """Inputs (T, N, 1), and the bit that came last, (T, N)."""
    new = rng.random((T, N)) < OFTEN
    new[0] = True
    bits = rng.integers(2, size=(T, N))
    xs = np.where(new, 2.0 * bits - 1, rng.normal(0, NOISE, (T, N)))
    last = np.maximum.accumulate(np.where(new, np.arange(T)[:, None], 0))
    return Batch(xs[..., None].astype(np.float32), np.take_along_axis(bits, last, 0))


def trained(kind: str, seed: int, updates: int = UPDATES) -> tuple[rnnkit.Sequential, float]:
    """A network that holds the bit that came last, and its share of right answers on windows that it never saw."""
    like: dict[str, Any] = {"rng": np.random.default_rng([seed, 1]), "dtype": "float32"}
    model = rnnkit.Sequential(getattr(rnnkit, kind)(1, H, **like), rnnkit.Linear(H, 2, **like))
    rnnkit.fit(
        model,
        lambda rng: (told(rng, T, 16) for _ in range(updates)),
        "softmax_cross_entropy",
        rnnkit.Adam(0.01),
        1,
        seed=seed,
        progress=False,
    )
    xs, bits, *_ = told(np.random.default_rng([seed, 2]), T, 200)
    return model, float((model(xs).h.argmax(-1) == bits).mean())


class Lanes:
    """Several networks of one kind side by side, (S, N, .), each with its own weights and N users."""

    def __init__(self, kind: str, models: list[rnnkit.Sequential], dtype: str) -> None:
        def weights(layer: int, name: str) -> Array:
            return np.array([model.layers[layer].params[name] for model in models]).astype(dtype)

        self.kind, self.dtype = kind, dtype
        self.ih, self.hh = (np.ascontiguousarray(weights(0, f"weight_{k}_l0").mT) for k in ("ih", "hh"))
        self.b_ih, self.b_hh = (weights(0, f"bias_{k}_l0")[:, None] for k in ("ih", "hh"))
        self.out, self.b_out = weights(1, "weight").mT, weights(1, "bias")[:, None]

    def start(self, N: int) -> tuple[Array, ...]:
        zeros = np.zeros((len(self.hh), N, H), self.dtype)
        return (zeros, zeros) if self.kind == "LSTM" else (zeros,)

    def step(self, x: Array, state: tuple[Array, ...]) -> tuple[Array, ...]:
        """x (N, 1), the same for all networks; the equations are those of rnnkit.cells, which a test compares."""
        a, b = x * self.ih + self.b_ih, state[0] @ self.hh + self.b_hh
        if self.kind == "LSTM":
            i, f, g, o = np.split(a + b, 4, -1)
            c = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
            return sigmoid(o) * np.tanh(c), c
        (r_a, z_a, n_a), (r_b, z_b, n_b) = np.split(a, 3, -1), np.split(b, 3, -1)
        z, n = sigmoid(z_a + z_b), np.tanh(n_a + sigmoid(r_a + r_b) * n_b)
        return ((1 - z) * n + z * state[0],)

    def say(self, state: tuple[Array, ...]) -> Array:
        """The bit that each network says, (S, N)."""
        return (state[0] @ self.out + self.b_out).argmax(-1)


def sigmoid(a: Array) -> Array:
    return 0.5 * (1 + np.tanh(0.5 * a))


class Look(NamedTuple):
    """After so many steps of noise, of each network: how many of its users hold the bit, and hear a new one."""

    step: int
    holds: list[int]
    double: list[int]  # the same, if the network computes in float64
    hears: list[int]
    apart: list[float]  # the largest difference of a state from its double in float64, of users that both hold


def held(kind: str, models: list[rnnkit.Sequential], marks: tuple[int, ...] = MARKS, N: int = USERS) -> list[Look]:
    """What is left of one bit, in float32."""
    lanes = [Lanes(kind, models, dtype) for dtype in ("float32", "float64")]
    rng = np.random.default_rng(7)
    bits = np.arange(N) % 2
    states, x, looks = [lane.start(N) for lane in lanes], (2.0 * bits - 1)[:, None].astype(np.float32), []
    for step in range(1, marks[-1] + 1):
        states = [lane.step(x, state) for lane, state in zip(lanes, states, strict=True)]
        x = rng.normal(0, NOISE, (N, 1)).astype(np.float32)
        if step in marks:
            says = [lane.say(state) for lane, state in zip(lanes, states, strict=True)]
            both = (says[0] == bits) & (says[1] == bits)
            apart = np.max([abs(a - b).max(-1) for a, b in zip(*states, strict=True)], 0)
            new, quiet = (1 - 2.0 * bits)[:, None].astype(np.float32), np.random.default_rng(8)
            later = lanes[0].step(new, states[0])
            for _ in range(AFTER):
                later = lanes[0].step(quiet.normal(0, NOISE, (N, 1)).astype(np.float32), later)
            looks.append(
                Look(
                    step,
                    (says[0] == bits).sum(1).tolist(),
                    (says[1] == bits).sum(1).tolist(),
                    (lanes[0].say(later) == 1 - bits).sum(1).tolist(),
                    [float(f"{row.max():.1e}") for row in np.where(both, apart, 0)],
                )
            )
    return looks


def main() -> None:
    argparse.ArgumentParser(prog="make artefacts", description=__doc__.split("\n")[0]).parse_args()
    start, found = time.process_time(), {}
    for kind in ("LSTM", "GRU"):
        models, right = zip(*(trained(kind, seed) for seed in range(SEEDS)), strict=True)
        looks = held(kind, list(models))
        found[kind] = {"right": [round(share, 4) for share in right], "looks": [look._asdict() for look in looks]}
        print(kind, *(f"{look.step}: {sum(look.holds)}" for look in looks), flush=True)
    about = {"cpu_seconds": round(time.process_time() - start), "numpy": np.__version__, "users": USERS}
    DRIFT.write_text(json.dumps(about | {"kinds": found}, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {DRIFT.name}")


if __name__ == "__main__":
    main()
