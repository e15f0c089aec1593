"""The numbers of a training run, and their plot."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from rnnkit import checks
from rnnkit.extras import needed

UNITS = {
    "softmax_cross_entropy": "cross-entropy (nats)",
    "binary_cross_entropy": "cross-entropy (nats)",
    "squared_error": "mean squared error",
}


@dataclass
class History:
    """The numbers of a training run, one entry an epoch in each list.

    Attributes
    ----------
    loss_name, measure_name : str
        The functions' names; measure_name is empty without one.
    loss : list of float
        The training loss, averaged over the epoch's answers while the parameters moved.
    validation_loss, measure : list of float
        On the validation batches, after the epoch; empty if none were asked for.
    grad_norm, grad_norm_max : list of float
        Mean and maximum over the epoch's updates of the gradient's global norm, before clipping.
    lr : list of float
        The learning rate of the epoch's last update.
    seconds : list of float
        What each epoch took, validation included. The only numbers that differ when a run is repeated.

    Examples
    --------
    >>> history = History("squared_error", loss=[0.4, 0.2], validation_loss=[0.3, 0.5], seconds=[1.0, 1.5])
    >>> history
    History: 2 epochs in 2.5 s; loss 0.2, validation loss 0.5 (best 0.3 at epoch 1)
    >>> History.from_json(history.to_json()) == history
    True
    """

    loss_name: str
    measure_name: str = ""
    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    measure: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    grad_norm_max: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """How many there were."""
        return len(self.loss)

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, of the smallest validation loss (without validation: training loss).

        Raises
        ------
        ValueError
            If there was no epoch yet.
        """
        if not self.loss:
            raise checks.wrong("the history has no epoch", "at least one to be the best")
        watched = self.validation_loss or self.loss
        return 1 + watched.index(min(watched))

    def append(self, row: dict[str, float]) -> None:
        """Add an epoch: ``row`` has a number for each list that is kept."""
        for name, value in row.items():
            getattr(self, name).append(value)

    def to_json(self) -> str:
        """All of it as JSON; every float is written so that :meth:`from_json` reads the same one."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The history that :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If the text is no JSON, or has other fields than a history.
        """
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise checks.wrong(f"the text is no JSON ({error})", "what to_json wrote") from None
        if not isinstance(found, dict) or found.keys() != cls.__dataclass_fields__.keys():
            came = ", ".join(found) if isinstance(found, dict) else type(found).__name__
            wanted = f"a history's {', '.join(cls.__dataclass_fields__)}"
            raise checks.wrong(f"the text holds {came}", wanted, "Was it written by to_json of this version?")
        return cls(**found)

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses over the epochs, on a log scale, with the best epoch marked.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure if left out. For a page that follows light and dark, give this method to
            :class:`rnnkit.figures.Figure`: ``Figure(history.plot, alt=..., caption=...)``.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there was no epoch yet.
        """
        best = self.best_epoch
        mpl, plt = needed("matplotlib", "plot"), needed("matplotlib.pyplot", "plot")
        from rnnkit.figures import colours, style

        if ax is None:
            with mpl.rc_context(style()):
                ax = plt.subplots(layout="constrained")[1]
        ink = colours()["ink"]
        steps = range(1, self.epochs + 1)
        ax.plot(steps, self.loss, color=ink, linestyle="--", label="training")
        if self.validation_loss:
            ax.plot(steps, self.validation_loss, color=ink, linestyle="-", label="validation")
        lowest = (self.validation_loss or self.loss)[best - 1]
        ax.plot([best], [lowest], "o", color=ink, label=f"best: {lowest:.3g} at epoch {best}")
        if min(self.loss + self.validation_loss) > 0:
            ax.set_yscale("log")
        ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
        ax.set(xlabel="epoch", ylabel=UNITS.get(self.loss_name, self.loss_name))
        ax.legend()
        return ax

    def __repr__(self) -> str:
        if not self.loss:
            return "History: no epoch yet"
        text = f"History: {self.epochs} epoch{'s' * (self.epochs > 1)} in {sum(self.seconds):.3g} s; {self.last()}"
        if not self.validation_loss:
            return text
        return f"{text} (best {min(self.validation_loss):.4g} at epoch {self.best_epoch})"

    def last(self) -> str:
        """The last epoch's loss, and what validation gave, in words."""
        parts = [("loss", self.loss), (self.measure_name, self.measure), ("validation loss", self.validation_loss)]
        return ", ".join(f"{name} {values[-1]:.4g}" for name, values in parts if values)
