"""The federal holidays of the United States by their rules, and what each takes off a series: known years ahead.

Ten days a year, as the law has had them since 1986 (5 U.S.C. 6103). The rules are of no test's year: the first version
of the page fitted a forecast to holidays after a look at its errors, this calendar is fixed for all models.
"""

import numpy as np

from rnnkit.explorers.forecast_bench.bench import weekday

FIXED = {(1, 1): 0, (7, 4): 5, (11, 11): 8, (12, 25): 9}  # month, day: which of the ten
MOVED = {(1, 3): 1, (2, 3): 2, (9, 1): 4, (10, 2): 6}  # month, which Monday of it
NEAR = 1  # days before and after a holiday that are unlike others, too
KINDS = 10 * (2 * NEAR + 1)


def holiday(day: int) -> int:
    """Which of the ten this day is, counted from 1970-01-01; -1 if none."""
    date = np.datetime64(int(day), "D").astype(object)
    nth, name = (date.day + 6) // 7, date.weekday()
    if (date.month, date.day) in FIXED:
        return FIXED[date.month, date.day]
    if name == 0:
        last_of_may = date.month == 5 and date.day > 24
        return 3 if last_of_may else MOVED.get((date.month, nth), -1)
    return 7 if name == 3 and (date.month, nth) == (11, 4) else -1


def kinds(days: np.ndarray) -> np.ndarray:
    """Of each day, which of 30 kinds it is: one of ten holidays, the day before or the day after it; -1 for the others.

    A holiday goes before its neighbours, and the day after one before the day before another.
    """
    own = np.array([holiday(day) for day in range(int(days[0]) - NEAR, int(days[-1]) + NEAR + 1)])
    mid = own[NEAR : len(own) - NEAR]
    found = np.full(len(days), -1)
    for shift in (-1, 1, 0):  # the last one counts
        beside = own[NEAR - shift : len(own) - NEAR - shift]
        found = np.where(beside >= 0, 3 * beside + shift + 1, found)
    return np.where(mid >= 0, 3 * mid + 1, found)


def shares(y: np.ndarray, days: np.ndarray, train: int) -> np.ndarray:
    """What comes on each day over what would have come on an ordinary one, (T,): 1 but near a holiday.

    For each kind it is the median over the training part of the day's value over the median of the five same weekdays
    before it.
    """
    of, start = kinds(days), 7 * 6
    at = np.arange(start, train)
    ratio = y[at] / weekday(y, at - 7, 5)
    found = np.ones(KINDS + 1)
    for kind in range(KINDS):
        own = ratio[of[at] == kind]
        found[kind] = np.median(own) if len(own) else 1
    return found[of]  # -1 is the last one, 1
