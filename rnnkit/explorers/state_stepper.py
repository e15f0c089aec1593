"""State Stepper: step a simple recurrent network through time, and change any of its numbers."""

from typing import Any, ClassVar

import numpy as np
import traitlets as t

from rnnkit.cells import rnn
from rnnkit.explorers.base import Explorer
from rnnkit.unroll import unroll

LIMIT = 99.0
MOST = {"H": 4, "I": 4, "T": 12}


class Numbers(t.TraitType[Any, Any]):
    """A tuple (``ndim`` 1) or a tuple of tuples (2) of finite numbers; takes anything that NumPy takes for an array.

    Tuples, because a change within a list would be seen neither by the checks nor by the page.
    """

    def __init__(self, ndim: int, default: tuple[Any, ...], axes: str, **kwargs: Any) -> None:
        super().__init__(default_value=default, **kwargs)
        self.ndim, self.axes = ndim, axes

    def validate(self, obj: Any, value: Any) -> tuple[Any, ...]:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            hint = "a list of numbers" if self.ndim == 1 else "a list of rows of numbers"
            if self.ndim == 2 and isinstance(value, list | tuple):
                hint = "rows of equal length, all of numbers"
            raise t.TraitError(
                f"{self.name} expects numbers of shape {self.axes}, but got {value!r}. Give {hint}."
            ) from None
        if array.ndim != self.ndim or 0 in array.shape:
            raise t.TraitError(
                f"{self.name} expects shape {self.axes}, but got shape {array.shape}. "
                f"Give {'a list of numbers' if self.ndim == 1 else 'a list of rows, one number a column'}."
            )
        bad = np.argwhere(~(np.abs(array) <= LIMIT))
        if len(bad):
            place = tuple(int(k) for k in bad[0])
            raise t.TraitError(
                f"{self.name} expects finite numbers from -{LIMIT:g} to {LIMIT:g}, but {self.name}"
                f"[{', '.join(map(str, place))}] is {array[place]:g}. Replace it, or rescale what made it."
            )
        rows: list[Any] = array.tolist()
        return tuple(rows) if self.ndim == 1 else tuple(map(tuple, rows))


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
    files: ClassVar[tuple[str, ...]] = ("state_stepper_view.js", "state_stepper.js")
    caption: ClassVar[str] = (
        "The same three letters at every step: look at how h keeps what it has read after the input is gone."
    )

    weight_ih = Numbers(2, ((3.0,), (0.0,)), "(H, I)").tag(sync=True)
    weight_hh = Numbers(2, ((2.0, 0.0), (2.0, 0.0)), "(H, H)").tag(sync=True)
    bias = Numbers(1, (-0.3, 0.0), "(H,)").tag(sync=True)
    inputs = Numbers(2, ((0.0,), (0.0,), (1.0,), (0.0,), (0.0,)), "(T, I)").tag(sync=True)
    step = t.Int(2, help="0 to T").tag(sync=True)
    unit = t.Int(1, help="1 to H").tag(sync=True)

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

    @property
    def heights(self) -> tuple[int, int]:
        """As measured in a browser at 720 and 343 px; a test holds them against the page."""
        H, T, I = len(self.bias), len(self.inputs), len(self.inputs[0])
        wide = 1180 + 112.5 * H + 92.5 * I + 88 * (H > 3)
        narrow = wide + 637 + 184 * (H > 2) + 71 * I * (T > 6) - 50 * (H == 1)
        across = T <= 4 or (T == 5 and H > 2)
        if not across:
            narrow += 26 + (72 if H > 2 else 64) * (T + 1) - (146 + 18 * I + 38 * H)
        return round(wide), round(narrow)

    @t.validate("weight_ih", "weight_hh", "bias", "inputs", "step", "unit")
    def _fits(self, proposal: Any) -> Any:
        """Each trait against the others; held notifications let several change at once."""
        name, value = proposal["trait"].name, proposal["value"]
        given = {key: getattr(self, key) for key in ("weight_ih", "weight_hh", "bias", "inputs")} | {name: value}
        H, T, I = len(given["bias"]), len(given["inputs"]), len(given["inputs"][0])
        for what, letter, size in (("bias", "H", H), ("inputs", "T", T), ("inputs", "I", I)):
            _within(f"the {letter} of {what}", size, 1, MOST[letter], "The explorer draws no more than that.")
        for key, shape in (("weight_ih", (H, I)), ("weight_hh", (H, H))):
            if np.shape(given[key]) != shape:
                raise t.TraitError(
                    f"{key} expects shape {shape} beside {H} biases and inputs of {I}, but got {np.shape(given[key])}. "
                    "To change H or I, give all of weight_ih, weight_hh, bias and inputs together: in the constructor, "
                    "or inside `with explorer.hold_trait_notifications():`."
                )
        if name == "step":
            _within("step", value, 0, T, f"There are {T} inputs, and step 0 comes before them.")
        if name == "unit":
            _within("unit", value, 1, H, "Units are counted from 1, as in the equations.")
        return value

    @t.observe("inputs", "bias")
    def _stay_inside(self, change: Any) -> None:
        """A shorter sequence or fewer units take the step and the unit along."""
        self.step = min(self.step, len(self.inputs))
        self.unit = min(self.unit, len(self.bias))


def _within(name: str, value: int, low: int, high: int, hint: str) -> None:
    if not low <= value <= high:
        raise t.TraitError(f"{name} expects {low} to {high}, but got {value}. {hint}")
