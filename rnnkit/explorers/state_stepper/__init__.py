"""State Stepper: step a simple recurrent network through time, see which terms make a number, and change them."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from rnnkit.cells import rnn
from rnnkit.explorers.base import Explorer
from rnnkit.explorers.traits import Limits
from rnnkit.unroll import unroll

FOLDER = Path(__file__).parent
LIMITS = Limits(FOLDER)


class StateStepper(Explorer):
    """Step, scrub or play a simple recurrent network through time and edit any of its numbers.

    h_t = tanh(W_ih x_t + W_hh h_{t-1} + b), h_0 = 0. The default's two units answer "have I seen a 1?" on
    0 0 1 0 0: unit 1 by its sign, unit 2 one step later.

    The matrices are tuples, so that none changes unseen. To change one number, give the whole matrix anew:
    ``w = np.array(stepper.weight_hh)``, ``w[0, 0] = 0.9``, ``stepper.weight_hh = w``.

    Parameters
    ----------
    weight_ih : (H, I), H and I from 1 to 4
    weight_hh : (H, H)
    bias : (H,)
        The explorer's one b, the sum of the two of torch.
    inputs : (T, I), T from 1 to 12
    step : int, 0 to T
        Step t shows the state after t inputs; 0 is the initial state.
    unit : int, 1 to H
        The unit whose sum is written out, counted from 1 as in the equations.
    playing, committed : bool
    name : str
        Tells explorers of one page apart in the links that they copy.

    Raises
    ------
    TypeError
        If a name is no trait's; it tells the nearest.
    traitlets.TraitError
        If a number is not finite or lies beyond ±99, or shapes do not fit each other.
    """

    slug: ClassVar[str] = "state-stepper"
    folder: ClassVar[Path] = FOLDER
    limits: ClassVar[Limits] = LIMITS
    caption: ClassVar[str] = (
        "Inputs above, states below, one column a step: the 1 is gone after step 3, and h₁ keeps saying so. "
        "h₂ says it one step later."
    )

    weight_ih, weight_hh, bias, inputs = (LIMITS.trait(name) for name in ("weight_ih", "weight_hh", "bias", "inputs"))
    step, unit = LIMITS.trait("step"), LIMITS.trait("unit")

    @property
    def states(self) -> np.ndarray:
        """The state after each step, (T + 1, H), computed by rnnkit; row 0 is the initial state, zeros."""
        H = len(self.bias)
        p = {
            "weight_ih": np.array(self.weight_ih),
            "weight_hh": np.array(self.weight_hh),
            "bias_ih": np.array(self.bias),
            "bias_hh": np.zeros(H),
        }
        (h,), _ = unroll(rnn, p, np.array(self.inputs)[:, None], (np.zeros((1, H)),))
        return np.asarray(h[:, 0])
