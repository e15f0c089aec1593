"""Micro-batching: users whose symbols wait together are served by one step, and none sees another's state."""

import asyncio
from typing import NamedTuple

import numpy as np

from rnnkit import checks
from rnnkit.deploy.stream import State, Step, joined, parted
from rnnkit.ops import Array


class Waiting(NamedTuple):
    x: Array
    state: State
    answer: "asyncio.Future[tuple[Array, State]]"


class Batcher:
    """``y, state = await batcher(x, state)``: one user's step, computed with those of others that wait.

    A user's row is a product of that user's row alone, so their states cannot meet; a product of several rows may round
    its last digits otherwise than that of one. That holds for floats. Where a runtime scales the activations of a batch
    to eight bits together, the largest of one user's moves all others': do not batch those across users.

    Parameters
    ----------
    step : Step
    most : int
        Users a step.
    wait : float
        Seconds that the first one waits for others; 0: until the loop has read what has come already.
    """

    def __init__(self, step: Step, most: int, wait: float = 0.0):
        self.step, self.most, self.wait = step, checks.whole("most", most, 2), checks.in_range("wait", wait)
        self._waiting: list[Waiting] = []
        self._timer: asyncio.TimerHandle | None = None

    async def __call__(self, x: Array, state: State) -> tuple[Array, State]:
        loop = asyncio.get_running_loop()
        one = Waiting(x, state, loop.create_future())
        self._waiting.append(one)
        if len(self._waiting) == self.most:
            self._serve()
        elif len(self._waiting) == 1:
            self._timer = loop.call_later(self.wait, self._serve)
        return await one.answer

    def _serve(self) -> None:
        if self._timer:
            self._timer.cancel()
        now = [one for one in self._waiting if not one.answer.done()]  # a client that left has cancelled its own
        self._waiting = []
        if not now:
            return
        try:
            ys, state = self.step(np.concatenate([one.x for one in now]), joined([one.state for one in now]))
            states = parted(state) if any(state) else [state] * len(now)  # a network without a state has none to part
        except Exception as error:
            for one in now:
                one.answer.set_exception(error)
            return
        for n, (one, state) in enumerate(zip(now, states, strict=True)):
            one.answer.set_result((ys[n : n + 1], state))
