"""Languages: recognisers, ideal predictors and the best memoryless ones, written here and from other definitions."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from wrong_calls import refused

import rnnkit
from rnnkit.data import AnBn, Automaton, Dyck, EmbeddedReber, Reber

INNER = "(T*VPX)*T*V(PS|V)"  # from the node where Reber's two loops meet to the E
REBER = f"B(TS*X(S|X{INNER})|P{INNER})E"
PAIRS = (  # Reber's grammar without its nodes: what can follow the last two symbols
    dict.fromkeys(("BT", "TS", "SS"), "SX")
    | dict.fromkeys(("TX", "SX", "VP"), "XS")
    | dict.fromkeys(("BP", "PT", "TT", "XT", "XX", "PX"), "TV")
    | dict.fromkeys(("PV", "TV", "XV"), "PV")
    | dict.fromkeys(("VV", "XS", "PS"), "E")
)


def reber_next(task, past):
    return dict.fromkeys("TP" if past == "B" else PAIRS[past[-2:]], 1.0)


def embedded_next(task, past):
    if len(past) < 3:
        return dict.fromkeys(("TP", "B")[len(past) - 1], 1.0)
    inner, closed, after = past[2:].partition("E")
    return reber_next(task, inner) if not closed else {"E" if after else past[1]: 1.0}


def counter_next(task, past):
    a, b = past.count("a"), past.count("b")
    if b or a == task.most:
        return {"b" if b < a else "T": 1.0}
    left = task.most - max(a, task.least) + 1  # lengths that are still open, this one included
    return {"a": 1.0} if a < task.least else {"a": left - 1.0, "b": 1.0}


def stack_next(task, past):
    stack = []
    for symbol in past[1:]:
        stack = [*stack, symbol] if symbol in "([{<" else stack[:-1]
    opening = "([{<"[: task.kinds]
    if past == "S":
        return dict.fromkeys(opening, 1.0)
    close = {dict(zip("([{<", ")]}>", strict=True))[stack[-1]] if stack else "E": float(task.kinds)}
    return close if len(stack) == task.depth else close | dict.fromkeys(opening, 1.0)


def is_anbn(task, string):
    found = re.fullmatch("S(a+)(b+)T", string)
    return bool(found) and len(found[1]) == len(found[2]) and task.least <= len(found[1]) <= task.most


def is_dyck(task, string):
    left, rounds = string.removeprefix("S").removesuffix("E"), 0
    while (fewer := re.sub(r"\(\)|\[\]|\{\}|<>", "", left)) != left:
        left, rounds = fewer, rounds + 1
    heights = np.cumsum([1 if symbol in "([{<" else -1 for symbol in string[1:-1]])
    return not left and rounds > 0 and heights.max() <= task.depth


LANGUAGES = [
    (AnBn(least=1, most=6), counter_next, is_anbn),
    (AnBn(least=3, most=5), counter_next, is_anbn),
    (Dyck(kinds=2, depth=3), stack_next, is_dyck),
    (Dyck(kinds=1, depth=4), stack_next, is_dyck),
    (Dyck(kinds=3, depth=2), stack_next, is_dyck),
    (Reber(), reber_next, lambda _, string: bool(re.fullmatch(REBER, string))),
    (
        EmbeddedReber(),
        embedded_next,
        lambda _, string: bool(re.fullmatch(f"B(T{REBER}T|P{REBER}P)E", string)),
    ),
]
languages = pytest.mark.parametrize(
    ("task", "follow", "accepts"), [pytest.param(*row, id=str(row[0])) for row in LANGUAGES]
)


def predicted(task, follow, batch):
    """The probabilities of the next symbol by the predictor above, (T, N, V); 1/V where there is no data."""
    p = np.full((*batch.targets.shape, task.output_size), 1 / task.output_size)
    for n, string in enumerate(task.decode(batch)):
        for t in range(len(string) - 1):
            weights = follow(task, string[: t + 1])
            p[t, n] = [weights.get(symbol, 0) / sum(weights.values()) for symbol in task.symbols]
    return p


@languages
def test_strings_are_accepted_by_a_recogniser(task, follow, accepts):
    strings = task.decode(task.sample(0, 3000))
    assert all(accepts(task, string) for string in strings)
    assert len(set(strings)) >= min(3, getattr(task, "most", 9) - getattr(task, "least", 0) + 1)


@languages
def test_the_recogniser_and_encode_reject_the_same(task, follow, accepts):
    """Each string with one symbol exchanged: both take it, or neither does."""
    rng, outcomes = np.random.default_rng(0), set()
    for string in task.decode(task.sample(1, 150)):
        place = int(rng.integers(len(string)))
        changed = string[:place] + task.symbols[rng.integers(task.input_size)] + string[place + 1 :]
        try:
            legal = task.decode(task.encode([changed])) == [changed]
        except ValueError:
            legal = False
        assert legal == accepts(task, changed), changed
        outcomes.add(legal)
    assert outcomes == {True, False}


@languages
def test_an_ideal_predictor_has_the_entropy_rate(task, follow, accepts):
    batch = task.sample(0, 4000)
    p = predicted(task, follow, batch)
    np.testing.assert_allclose(task.ideal(batch)[batch.mask], p[batch.mask], rtol=0, atol=1e-12)
    logits = np.log(np.maximum(p, 1e-30))
    assert task.measure(logits, batch) == task.measure(p, batch) == task.optimum
    assert task.solved(task.measure(p, batch))
    loss = float(rnnkit.softmax_cross_entropy(logits, batch.targets, batch.scored)[0])
    assert loss == pytest.approx(task.optimum_loss, rel=0.02)


@languages
def test_chance_is_the_cross_entropy_of_pairs(task, follow, accepts):
    fitted, new = task.sample(0, 8000), task.sample(1, 8000)
    pairs = np.full((task.input_size, task.output_size), 1e-6)
    np.add.at(pairs, (fitted.xs.argmax(-1)[fitted.mask], fitted.targets[fitted.mask]), 1)
    logits = np.log(pairs / pairs.sum(1, keepdims=True))[new.xs.argmax(-1)]
    loss = float(rnnkit.softmax_cross_entropy(logits, new.targets, new.scored)[0])
    assert loss == pytest.approx(task.chance_loss, rel=0.02)
    assert task.measure(logits, new) <= task.chance + 0.02
    assert task.chance_loss > task.optimum_loss


def served(task, demands):
    """Which sets of these demands (possible, forbidden) one order of the symbols fulfils: all orders are tried."""
    found = set()
    for order in itertools.permutations(task.symbols):
        rank = {symbol: k for k, symbol in enumerate(order)}  # 0 is the least probable
        ranked = {d for d in demands if min(rank[s] for s in d[0]) > max((rank[s] for s in d[1]), default=-1)}
        found.add(frozenset(ranked))
    return [s for s in found if not any(s < other for other in found)]


@pytest.mark.parametrize("row", LANGUAGES, ids=lambda row: str(row[0]))
def test_chance_is_the_share_of_one_best_ranking(row):
    """All orders of the symbols after each symbol, together: what each gets right of many strings."""
    task, follow, _ = row
    if task.input_size > 7:
        task = Dyck(kinds=2, depth=2)  # eight symbols have too many orders to try
    strings, needs = task.decode(task.sample(0, 4000)), Counter()
    for string in strings:
        need = set()
        for t in range(len(string) - 1):
            possible = set(follow(task, string[: t + 1]))
            legal = possible | set("ab" if isinstance(task, AnBn) and string[t] == "a" else "")
            need.add((string[t], (frozenset(possible), frozenset(set(task.symbols) - legal))))
        needs[frozenset(need)] += 1
    asked = {symbol: {d for need in needs for s, d in need if s == symbol} for symbol in task.symbols}
    choices = [[{(symbol, d) for d in s} for s in served(task, asked[symbol])] for symbol in task.symbols]
    best = max(
        sum(count for need, count in needs.items() if need <= set().union(*choice))
        for choice in itertools.product(*choices)
    )
    assert best / len(strings) == pytest.approx(task.chance, abs=0.03)
    assert not task.solved(best / len(strings))


def test_chance_of_dyck_is_what_its_automaton_says():
    for kinds, depth in [(1, 2), (1, 5), (2, 2), (2, 4), (3, 3)]:
        task = Dyck(kinds, depth)
        assert task.chance == pytest.approx(task.automaton.memoryless_right, rel=1e-12)


def test_one_wrong_step_costs_one_string():
    task = Reber()
    batch = task.encode(["BTXSE", "BPVVE", "BTSSXXTVVE", "BPTVPSE"])
    y = task.ideal(batch)
    assert task.measure(y, batch) == 1
    y[3, 2, task.symbols.index("P")] = 0.6  # illegal there, and above both legal ones
    assert task.measure(y, batch) == 0.75
    y[3, 2, task.symbols.index("P")] = 0.5  # a tie is not above
    assert task.measure(y, batch) == 0.75
    y[3, 2, task.symbols.index("P")] = 0.4
    assert task.measure(y, batch) == 1
    assert task.measure(np.full_like(y, np.nan), batch) == 0


def test_a_counter_is_right_beyond_the_trained_range():
    """What a network trained on 1 to 10 should do on 11 to 20: a and b as likely after each a."""
    task = AnBn(least=11, most=20)
    batch = task.sample(0, 50)
    unbounded = AnBn(least=1, most=10**3)
    p = predicted(unbounded, counter_next, batch)
    assert task.measure(p, batch) == 1
    assert task.measure(np.roll(p, 1, 0), batch) == 0


def test_legal_symbols_are_those_of_the_language():
    task = AnBn(least=2, most=3)
    rows = task.legal(task.encode(["SaaabbbT"]))[:, 0]
    assert ["".join(s for s, legal in zip("SabT", row, strict=True) if legal) for row in rows] == [
        *("a", "ab", "ab", "ab", "b", "b", "T")
    ]
    ideal = task.ideal(task.encode(["SaaabbbT"]))[:, 0]
    np.testing.assert_allclose(ideal[1:4, 1:3], [[1, 0], [0.5, 0.5], [0, 1]])


def test_strings_come_back_from_batches():
    task = EmbeddedReber()
    batch = task.sample(0, 20)
    again = task.encode(task.decode(batch))
    assert all(np.array_equal(a, b) for a, b in zip(batch, again, strict=True))
    numbers = batch._replace(xs=batch.xs.argmax(-1))  # what an Embedding reads
    np.testing.assert_array_equal(task.legal(numbers), task.legal(batch))
    assert task.decode(numbers) == task.decode(batch)


def test_lengths_follow_the_documented_distribution():
    counts = Counter(string.count("a") for string in AnBn(2, 5).decode(AnBn(2, 5).sample(0, 8000)))
    assert [counts[n] / 8000 for n in (2, 3, 4, 5)] == pytest.approx([0.25] * 4, abs=0.02)
    assert set(counts) == {2, 3, 4, 5}
    strings = Counter(Dyck(2, 3).decode(Dyck(2, 3).sample(0, 8000)))
    assert strings["S()E"] / 8000 == pytest.approx(1 / 8, abs=0.015)  # a kind, closed, ended: a half each
    assert Counter(Reber().decode(Reber().sample(0, 8000)))["BTXSE"] / 8000 == pytest.approx(1 / 8, abs=0.015)


CALLS = {
    "no letters": (lambda: AnBn(least=0), "least is 0, expected a whole number of 1 or more"),
    "a range from above": (
        lambda: AnBn(least=5, most=4),
        "most is 4, expected a whole number of 5 or more: least is 5",
    ),
    "too long a count": (lambda: AnBn(most=1001), "most is 1001, expected at most 1000: each count is a node"),
    "flat brackets": (lambda: Dyck(depth=1), "depth is 1, expected a whole number of 2 or more: at depth 1"),
    "no kinds": (lambda: Dyck(kinds=0), "kinds is 0, expected a whole number of 1 or more"),
    "too many kinds": (lambda: Dyck(kinds=5), "kinds is 5, expected at most 4: () [] {} <>."),
    "too many stacks": (
        lambda: Dyck(kinds=4, depth=6),
        "depth is 6 and kinds is 4, which makes 5461 stacks, expected at most 2000",
    ),
    "no strings": (lambda: Reber().encode([]), "strings is empty, expected at least one string."),
    "a symbol of another alphabet": (
        lambda: Reber().encode(["BTXSE", "BTYSE"]),
        "'BTYSE' holds 'Y', expected symbols of the alphabet 'BTPSXVE'.",
    ),
    "a string cut off": (
        lambda: Reber().encode(["BTXSE", "BTXS"]),
        "'BTXS' stops before its end, expected whole strings. Was it cut off?",
    ),
    "an empty string": (lambda: Reber().encode(["BTXSE", ""]), "'' stops before its end"),
    "an illegal symbol": (
        lambda: Reber().encode(["BTXSE", "BPSE"]),
        "sequence 1 begins 'BPS', expected the beginning of a string of this task",
    ),
    "a string after its end": (
        lambda: Reber().encode(["BTXSEB"]),
        "sequence 0 begins 'BTXSEB', expected the beginning of a string of this task",
    ),
    "a string without its first symbol": (
        lambda: Reber().encode(["TXSE"]),
        "sequence 0 begins 'T', expected the beginning of a string of this task",
    ),
    "another task's batch": (
        lambda: AnBn(1, 3).legal(AnBn(5, 5).sample(0, 2)),
        "sequence 0 begins 'Saaaa', expected the beginning of a string of this task. Is it of another task?",
    ),
    "answers of another alphabet": (
        lambda: Reber().measure(np.zeros((4, 1, 6)), Reber().encode(["BTXSE"])),
        "y has shape (4, 1, 6), expected (4, 1, 7): (T, N, K), at every step",
    ),
    "no seed": (lambda: Reber().sample(None, 3), "rng is None, expected a Generator or a seed"),
    "half of a probability": (
        lambda: Automaton("^h$", [{"h": (0, 0.5), "$": (1, 0.25)}]),
        "node 0 has {'h': (0, 0.5), '$': (1, 0.25)}, expected probabilities that add up to 1.",
    ),
}


test_wrong_calls_say_what_was_expected = refused(CALLS)


def test_a_geometric_string_has_a_coins_entropy():
    """Heads with probability p until it ends: the entropy rate is H(p) / (1 - p) over 1 / (1 - p) symbols."""
    for p in (0.1, 0.5, 0.9):
        made = Automaton("^h$", [{"h": (0, p), "$": (1, 1 - p)}])
        entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
        assert made.entropy_rate == pytest.approx(entropy, rel=1e-12)
        assert made.memoryless_entropy == pytest.approx(entropy, rel=1e-12)
        assert made.memoryless_right == pytest.approx(1, rel=1e-12)


def test_no_ranking_serves_two_answers_to_one_symbol():
    """Of the one string aba$ no ranking gets both answers after a, so none gets the string."""
    made = Automaton("ab$", [{"b": (1, 1.0)}, {"a": (2, 1.0)}, {"$": (3, 1.0)}])
    assert made.memoryless_right == 0
    assert made.memoryless_entropy == pytest.approx(2 * np.log(2) / 3)
    assert made.entropy_rate == 0
