"""Dates as people write them, and as ISO 8601 has them: generated, and a rule of one line reads them all."""

import datetime
import re
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from artefacts.translate.network import Translator
from artefacts.translate.train import Pairs, Recipe, train

SEEDS = range(3)
SIZES = (6_000, 500, 1_000, 1_000)  # train, validation, test, and a test in other years
NEAR, FAR = (1950, 2050), (1850, 1950)  # years of all parts but the last, and of that one
FORMS = (  # as strftime and strptime have them; one of them says the day with its letters, as in 3rd
    "%d %B %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%A, %d %B %Y",
    "%a %d %b %Y",
    "%d. %m. %Y",
    "%m/%d/%Y",
    "%d-%b-%Y",
    "the %dth of %B %Y",
)
WRITTEN = "-0123456789"
RECIPE = Recipe(units=32, inputs=16, epochs=10, batch=32, rate=0.006)


class Dates(NamedTuple):
    """Of each of train, validation, test and the test in other years: texts, and ISO dates."""

    texts: list[list[str]]
    isos: list[list[str]]
    symbols: str

    def pairs(self, k: int) -> Pairs:
        sources = [np.array([1 + self.symbols.find(c) for c in text]) for text in self.texts[k]]
        return Pairs(sources, [np.array([2 + WRITTEN.index(c) for c in iso]) for iso in self.isos[k]])


def said(day: datetime.date, form: str) -> str:
    """A date in one of the forms, without the zeros before a day: 3 March 2019, the 3rd of March 2019."""
    end = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")
    return re.sub(
        r"\b0(\d)\b",
        r"\1",
        day.strftime(form.replace("th of", f"{end} of")).replace(f"0{day.day}{end}", f"{day.day}{end}"),
    )


# [rule]
def rule(text: str) -> str:
    """Try each form: the rule that has nothing to learn."""
    text = re.sub(r"(\d)(st|nd|rd)\b", r"\1th", text)
    for form in FORMS:
        try:
            return datetime.datetime.strptime(text, form).date().isoformat()
        except ValueError:
            pass
    return ""


# [end]
def parts() -> Dates:
    """Each day stands in one part alone, in one form."""
    rng = np.random.default_rng(0)
    first, last = (datetime.date(year, 1, 1).toordinal() for year in NEAR)
    days = first + rng.permutation(last - first)[: sum(SIZES[:3])]
    start, stop = (datetime.date(year, 1, 1).toordinal() for year in FAR)
    days = np.concatenate([days, start + rng.permutation(stop - start)[: SIZES[3]]])
    dates = [datetime.date.fromordinal(int(day)) for day in days]
    texts = [said(day, FORMS[k]) for day, k in zip(dates, rng.integers(len(FORMS), size=len(dates)), strict=True)]
    cuts = np.cumsum((0, *SIZES))
    symbols = "".join(sorted({c for text in texts[: SIZES[0]] for c in text}))
    of = [slice(a, b) for a, b in pairwise(cuts)]
    return Dates([texts[part] for part in of], [[day.isoformat() for day in dates[part]] for part in of], symbols)


def network(of: Dates, attends: bool, seed: int) -> Translator:
    return Translator(1 + len(of.symbols), 2 + len(WRITTEN), RECIPE.units, RECIPE.inputs, attends, seed)


def trained(of: Dates, attends: bool, seed: int) -> tuple[dict[str, Any], list[float]]:
    """The weights, and the validation loss after each epoch."""
    model = network(of, attends, seed)
    losses = train(model, of.pairs(0), of.pairs(1), RECIPE, seed)
    return model.copied(), [float(loss) for loss in losses]


def iso(symbols: list[int]) -> str:
    return "".join(WRITTEN[k - 2] for k in symbols)
