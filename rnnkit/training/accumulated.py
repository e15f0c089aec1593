"""The gradients of several batches, until one update takes them together."""

from rnnkit.cells import Params


class Accumulated:
    """The gradient of the mean over all scored answers of the batches since the last update."""

    def __init__(self) -> None:
        self.batches, self.answers = 0, 0.0
        self._mean: Params = {}

    def add(self, grads: Params, answers: float) -> None:
        """Add a batch, whose loss is the mean over so many answers."""
        self.batches, self.answers = self.batches + 1, self.answers + float(answers)
        if self.batches == 1:
            self._mean = grads
            return
        share = float(answers) / (self.answers or 1.0)
        self._mean = {name: mean + share * (grads[name] - mean) for name, mean in self._mean.items()}

    def take(self) -> Params:
        """The mean; the next batch begins another."""
        taken = self._mean
        self.batches, self.answers, self._mean = 0, 0.0, {}
        return taken
