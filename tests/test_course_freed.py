"""What ``np.empty`` hands to a notebook after a check: in a process of its own, as other tests leave answers about."""

import json
import subprocess
import sys

import numpy as np
import pytest

from rnnkit.course import check, numbers_for, sets
from rnnkit.course.answer.memory import apart, overwrite

NOTEBOOK = """
import json
import random
import sys

import numpy as np

from rnnkit.course import check, show_numbers, sets

draw = random.Random(1)
held = [np.empty(draw.randint(1, 30)) for _ in range(int(sys.argv[1]))]
draw.shuffle(held)
del held[::2]  # a heap with holes of every size, as after an hour's work

found = {}
for set_id in sets.names():
    for e in sets.exercises(set_id):
        if not e.own or e.is_function or e.cases:  # of what is measured no right values lie about
            continue
        sizes = [output.size for output in e.outputs]
        for who in sys.argv[2:]:
            show_numbers(e.id, who)
            lying, blank_earned = [], []
            for hidden in (False, True):
                nines = [[9.0] * n for n in sizes]
                check(e.id, nines if len(sizes) > 1 else nines[0], name=who)
                blank = [np.empty(n) for n in sizes]
                lying += [list(part) for part in blank]
                score = check(e.id, blank if len(sizes) > 1 else blank[0], name=who, hidden=hidden).score
                blank_earned.append(score)
                lying += [list(np.empty(n)) for n in (*sizes, sum(sizes)) for _ in range(200)]
            found[f"{e.id}/{who}"] = lying, blank_earned
print(json.dumps(found))
"""
NAMES = "Anna Beispiel", "Berta", "Emil"


def of_the_answer(array, parts, atol):
    """The largest share of a part of the answer, or of the whole, that stands in an array at its places."""
    for known in (*parts, np.concatenate(parts)):
        if len(known) == len(array) and (says := abs(known) > 2 * atol).sum() > 1:
            yield float((abs(array - known) <= atol)[says].mean())


def work(value, count):
    """What leaves thousands of small arrays behind, in the order in which a heap hands them out again."""
    held = [np.full(4, value) for _ in range(count)]
    return len(held)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a heap each in glibc alone")
def test_what_is_freed_apart_is_not_handed_to_the_caller():
    assert apart(work, 7.25, 5000) == 5000
    overwrite({4})
    held = [np.empty(4) for _ in range(5000)]
    assert not (np.array(held) == 7.25).any()


def test_apart_raises_what_was_raised_and_nests():
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 / 0)
    assert apart(apart, max, 1, 2) == 2


@pytest.mark.slow
@pytest.mark.parametrize("held", [0, 200_000])
def test_memory_that_was_freed_holds_no_answer(held):
    command = [sys.executable, "-c", NOTEBOOK, str(held), *NAMES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert len(found) >= 14
    for key, (lying, blank_earned) in found.items():
        exercise_id, who = key.split("/")
        e = sets.find(exercise_id)
        right = e.reference(*numbers_for(exercise_id, who))
        parts = [np.array(part, float) for part in (right if len(e.outputs) > 1 else [right])]
        shares = [share for array in lying for share in of_the_answer(np.array(array), parts, e.atol)]
        assert shares
        assert max(shares) < 0.5, key
        zeros = [[0.0] * len(part) for part in parts]
        earned = check(exercise_id, zeros if len(parts) > 1 else zeros[0], name=who).score
        assert max(blank_earned) <= earned, key
