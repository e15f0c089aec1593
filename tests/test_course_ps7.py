"""What only ps7-deployment has: a step that users share, eight bits, a bundle, a service, batches, a table of times."""

import json
import unicodedata

import numpy as np
import pytest
import torch
from course_answers import checked
from course_sets import notebook

from rnnkit.course import check, numbers_for, sets
from rnnkit.course.answer.exercise import Draw
from rnnkit.course.build import source
from rnnkit.course.check import grade
from rnnkit.course.hints import corpus
from rnnkit.course.sets.ps7_deployment import (
    bundles,
    carried,
    clients,
    eight_bits,
    elsewhere,
    latency,
    pooled,
    together,
)

SET = "ps7-deployment"
NAMES = [f"Student {chr(97 + k)}" for k in range(12)]
WHO = "Ada Lovelace"
SEEDS = pytest.mark.parametrize("seed", range(3))


def exercise(name):
    return sets.find(f"{SET}.{name}")


def cell(grade_id):
    """What a cell of the notebook defines."""
    code = next(c.source for c in notebook(SET).cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    scope = {"np": np, "json": json}
    exec(code, scope)
    return scope


def of(name, *changes):
    """The solution, changed."""
    code = source.solution_code(notebook(SET), exercise(name))
    for before, after in changes:
        assert before in code, before
        code = code.replace(before, after)
    scope = {"np": np, **exercise(name).lends}
    exec(code, scope)
    return scope[name]


def written(name, body):
    """An answer with another body, below the solution's first line."""
    head = source.solution_code(notebook(SET), exercise(name)).partition("\n")[0]
    scope = {"np": np, **exercise(name).lends}
    exec(f"{head}\n    {body}", scope)
    return scope[name]


def graded(name, answer, seed=0):
    return grade.grade(exercise(name), answer, Draw(np.random.default_rng(seed), "", ()))


def cases(module, seed=0):
    return module._cases(np.random.default_rng(seed))


# --- the references, beside what nobody here wrote, or what the notebook has -----------------------------------------


@SEEDS
def test_streaming_equals_batch(seed):
    read_all = cell("read_all")["read_all"]
    for case in cases(carried, seed):
        talk, _, *weights = case.args
        ys, off = clients.talked(carried.carried_step, *case.args)
        assert off == 0
        for e in range(len(talk.after)):
            way = [e]
            while talk.after[way[0]] >= 0:
                way.insert(0, talk.after[way[0]])
            np.testing.assert_allclose(ys[e], read_all(talk.rows[way], *weights)[-1], atol=1e-12)


@SEEDS
def test_whole_numbers_are_those_of_torch(seed):
    for case in cases(eight_bits, seed):
        W, x = case.args
        q, scale, zero_point, y, _ = eight_bits.eight_bits(W, x)
        settings = torch.tensor(scale, dtype=torch.float32), torch.tensor(zero_point, dtype=torch.int32)
        kept = torch.fake_quantize_per_channel_affine(torch.tensor(W, dtype=torch.float32), *settings, 0, -128, 127)
        np.testing.assert_allclose(scale[:, None] * (q - zero_point[:, None]), kept.numpy(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(y, kept.numpy().astype(float) @ x, rtol=1e-4, atol=1e-4)
        rows = [row for row in range(len(W)) if W[row].any()]
        for row in rows:
            observer = torch.ao.quantization.MinMaxObserver(dtype=torch.qint8, qscheme=torch.per_tensor_affine)
            observer(torch.tensor(W[row]))
            found = [float(part) for part in observer.calculate_qparams()]
            np.testing.assert_allclose((scale[row], zero_point[row]), found, rtol=1e-5)


@SEEDS
def test_a_bound_holds_and_is_nearly_reached(seed):
    rng = np.random.default_rng(seed)
    for case in cases(eight_bits, seed)[:3]:
        W, x = case.args
        _, scale, zero_point, _, bound = eight_bits.eight_bits(W, x)
        assert (abs(eight_bits.eight_bits(W, x)[3] - W @ x) <= bound).all()
        whole = rng.integers(-127 - zero_point[:, None], 127 - zero_point[:, None], W.shape)
        worst = scale[:, None] * (whole + 0.499 * np.sign(x))
        ends = scale[:, None] * (np.array([[-128, 127]]) - zero_point[:, None])
        other, read = np.hstack([worst, ends]), np.concatenate([x, [0, 0]])
        off = abs(eight_bits.eight_bits(other, read)[3] - other @ read)
        np.testing.assert_allclose(off, 0.998 * bound, rtol=1e-6)


@SEEDS
def test_every_client_is_answered_as_if_alone(seed):
    for case in cases(pooled, seed):
        plan = case.args[0]
        advance, start = clients.network(plan.network)
        came, said = iter(clients.served(pooled.Service, plan)), {}
        for event in plan.events:
            key = event.number, event.service
            if event.act == "open":
                said[key] = []
            elif event.act == "close":
                del said[key]
            else:
                got = [next(came) for _ in range(max(1, len(event.symbols)))]
                if key not in said or max(event.symbols, default=0) >= clients.symbols_of(plan.network):
                    assert set(got) == {clients.UNKNOWN if key not in said else clients.REFUSED}
                    continue
                h = start.copy()
                said[key] = [*said[key], *event.symbols]
                alone = [advance(symbol, h) for symbol in said[key]][len(said[key]) - len(event.symbols) :]
                assert got == (alone or [0.0])


@SEEDS
def test_the_service_of_the_notebook_is_the_one_that_is_lent(seed):
    shown = cell("pooled")["Pooled"]
    for case in cases(pooled, seed):
        np.testing.assert_array_equal(*(clients.served(one, case.args[0]) for one in (shown, clients.Pooled)))


def test_each_bug_shows_in_its_own_test():
    """Mended in two of three, one layer is off, and that where everybody talks."""
    whole = """
class Service:
    def __init__(self, advance, start):
        self.advance, self.start, self.pool, self.there = advance, start, {}, set()
    def open(self, number):
        self.pool[number] = self.start.copy()
        self.there.add(number)
    def read(self, number, symbols):
        if number not in self.there:
            raise KeyError(number)
        h = self.pool[number].copy()
        answers = [self.advance(symbol, h) for symbol in symbols]
        self.pool[number] = h
        return np.array(answers)
    def close(self, number):
        self.there.remove(number)
"""
    changed = {
        "shared": whole.replace("self.pool[number]", "self.pool[number % 8]"),
        "reused": whole.replace("self.pool[number] = self.start", "self.pool.setdefault(number, self.start)"),
        "refused": whole.replace("h = self.pool[number].copy()", "h = self.pool[number]"),
    }
    layers = {layer.cases: layer.says for layer in exercise("Service").layers}
    for layer, text in changed.items():
        scope = {"np": np}
        exec(text, scope)
        result = graded("Service", scope["Service"])
        assert set(result.off) == {layers[layer], layers["crowd"]}


@SEEDS
def test_batches_say_what_each_user_gets_alone(seed):
    for case in cases(together, seed):
        plan = case.args[0]
        W_ih, W_hh, b, W_out = plan.weights
        state, answers = dict(plan.states), []
        for user, x in zip(plan.users, plan.rows, strict=True):
            state[user] = np.tanh(W_ih @ x + W_hh @ state[user] + b)
            answers.append(W_out @ state[user])
        ys, hs, calls, kept, read_in = clients.batched(together.micro_batches, plan)
        np.testing.assert_allclose(ys, np.array(answers).reshape(ys.shape), atol=1e-12)
        np.testing.assert_allclose(hs, list(state.values()), atol=1e-12)
        most = max((plan.users.count(user) for user in plan.users), default=0)
        assert calls == max(most, -(-len(plan.users) // plan.limit)) or case.layer == "again"
        assert kept == 1
        assert read_in.tolist() == together._in_calls(plan.users, plan.limit, lambda queue, left, k: k)


@pytest.mark.parametrize("seed", range(6))
def test_a_bundle_is_tried_with_changes_that_two_shortcuts_do_not_see(seed):
    """Sets, sorted lists, lengths, joined text, capitals, blanks and normal forms each miss some attempt."""
    misses = {
        "order": lambda a, b: set(a) <= set(b),
        "other": lambda a, b: len(a) == len(b) and a[:2] == b[:2],
        "length": lambda a, b: a[: min(len(a), len(b))] == b[: min(len(a), len(b))],
    }
    alike = [
        *(lambda a, b, sign=sign: sign.join(a) == sign.join(b) for sign in ("", ",", " ", "\n")),
        lambda a, b: [s.lower() for s in a] == [s.lower() for s in b],
        lambda a, b: [s.strip() for s in a] == [s.strip() for s in b],
        lambda a, b: [unicodedata.normalize("NFC", s) for s in a] == [unicodedata.normalize("NFC", s) for s in b],
        lambda a, b: [s[:1] for s in a] == [s[:1] for s in b],
    ]
    for case in cases(bundles, seed):
        attempts = case.args[0].attempts
        for one in attempts:
            assert len(set(one.saved)) == len(one.saved)
            assert (one.saved == one.now) == (not one.due)
            assert not one.due or one.what in bundles.LOST
            assert case.layer not in misses or misses[case.layer](one.saved, one.now)
            assert case.layer == "alike" or not any(
                symbol in f"symbol {one.due[0]} was something else when this was saved and here it is another"
                for symbol in one.due[1:]
            )
        if case.layer == "alike":
            found = [one for one in attempts if one.due]
            assert all(sum(miss(one.saved, one.now) for one in found) >= 1 for miss in alike)
            assert all(any(miss(one.saved, one.now) for miss in alike) for one in found)


# --- what a student of the set got by, and does no longer -------------------------------------------------------------

IN_FRAMES = """
import sys


def eight_bits(W, x):
    frame, found = sys._getframe(1), []
    while frame is not None:
        seen = list(frame.f_locals.values())
        while seen:
            one = seen.pop()
            if isinstance(one, (list, tuple)):
                seen += one
                five = len(one) == 5 and all(isinstance(part, np.ndarray) and part.any() for part in one)
                found += [one] if five else []
            else:
                seen += [getattr(one, "values", ())] if type(one).__name__ == "Outcome" else []
        frame = frame.f_back
    FOUND.append(len(found))
    return np.zeros(W.shape), *(np.zeros(len(W)) for _ in range(4))
"""


def test_what_is_expected_lies_in_no_frame_while_a_score_is_made():
    scope = {"np": np, "FOUND": []}
    exec(IN_FRAMES, scope)
    assert graded("eight_bits", scope["eight_bits"]).score == 0
    one = exercise("eight_bits")
    counted = len(cases(eight_bits)) + sum(
        sum(case.layer == layer.cases for case in cases(eight_bits)) for layer in one.layers if layer.judge
    )
    assert scope["FOUND"][:counted] == [0] * counted


WRITES = """
import sys


def eight_bits(W, x):
    frame = sys._getframe(1)
    while frame is not None:
        for case in frame.f_locals.get("cases", ()):
            case.args[0][:], case.args[1][:] = 0, 0
        frame = frame.f_back
    z = np.zeros(len(W))
    return np.full(W.shape, -128.0), z + 1, z - 128, z, z
"""


def test_what_is_expected_comes_of_cases_that_no_answer_wrote_into():
    scope = {"np": np}
    exec(WRITES, scope)
    result = graded("eight_bits", scope["eight_bits"])
    assert result.score == 0
    assert "what the check keeps" in result.hint


CUTS = """
def micro_batches(waiting, states, model, most_rows):
    new, answers = dict(states), []
    for user, x in waiting:
        ys, hs = model(x[None], new[user][None])
        answers.append(ys[0])
        new[user] = hs[0]
    for cell in model.__closure__:
        if isinstance(cell.cell_contents, list):
            del cell.cell_contents[1:]
        if isinstance(cell.cell_contents, tuple):
            cell.cell_contents = cell.cell_contents[:1]
    return answers, new
"""


def test_the_calls_of_a_network_cannot_be_cut_out_of_a_closure():
    scope = {"np": np}
    exec(CUTS, scope)
    result = graded("micro_batches", scope["micro_batches"])
    assert any("each call takes" in layer for layer in result.off)


def test_a_message_that_is_in_no_call_is_read_by_nobody():
    plan = cases(together)[3].args[0]
    _, calls, _ = clients.batched_by(together.micro_batches, plan)
    assert (clients.read_in(plan, calls) >= 0).all()
    assert (clients.read_in(plan, calls[:1]) == clients.NEVER).sum() == len(plan.users) - len(calls[0].xs)


@pytest.mark.parametrize("divisor", [97, 127, 1009, 4096, 10007, 65536, 99991, 10**5, 10**6, 2**20, 10**9, 2**32])
def test_no_remainder_tells_clients_apart(divisor):
    result = graded("Service", of("Service", ("self.states[client]", f"self.states[client % {divisor}]")))
    assert "clients do not meet, whatever their numbers" in result.off


def test_a_table_with_a_row_for_every_number_is_named_before_it_fills_the_memory():
    answer = written(
        "Service",
        "def open(self, number):\n        self.connected.add(number)\n        "
        "self.pool = np.zeros((number + 1, len(self.pool[0])))",
    )
    result = graded("Service", answer)
    assert "a row for every number up to that one" in result.hint


def test_a_copy_of_a_class_shares_nothing_that_it_keeps():
    scope = {"np": np}
    text = "\n".join(
        [
            "outside = []",
            "class Keeps:",
            "    kept = {}",
            "    def put(value, default=[]):",
            "        Keeps.kept[value] = outside.append(value) or default.append(value)",
            "    def got():",
            "        return len(Keeps.kept) + len(outside) + len(Keeps.put.__defaults__[0])",
        ]
    )
    exec(text, scope)
    here, there = elsewhere.defined_anew(scope["Keeps"]), elsewhere.defined_anew(scope["Keeps"])
    here.put(1)
    assert [kind.got() for kind in (here, there, scope["Keeps"])] == [3, 0, 0]


# --- points ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["carried_step", "eight_bits", "Bundle", "Service", "micro_batches"])
def test_the_solution_is_right_on_many_draws(name):
    e = exercise(name)
    assert {graded(name, of(name), seed).score for seed in range(2, 8)} == {e.points}


def test_a_service_that_is_not_mended_or_empty_earns_nothing():
    for body in ("pass", "read = lambda self, number, symbols: np.zeros(len(symbols))"):
        assert checked(written("Service", body), f"{SET}.Service").score == 0
    for text in (
        "class Service: pass",
        "class Service:\n    def __init__(self, advance, start): pass\n    open = close = print",
    ):
        scope = {}
        exec(text, scope)
        assert check(f"{SET}.Service", scope["Service"]).score == 0


@pytest.mark.parametrize(
    "shortcut",
    [
        "from rnnkit.course.sets.ps7_deployment.pooled import Service as S\n        return S(advance, start)",
        "import rnnkit.course.sets.ps7_deployment.pooled as p\n        self.__class__ = p.Service",
    ],
)
def test_the_reference_is_not_there(shortcut):
    answer = written("Service", f"def __init__(self, advance, start):\n        {shortcut}")
    result = checked(answer, f"{SET}.Service")
    assert result.score == 0
    assert "NumPy alone" in result.hint


def test_a_service_made_of_the_reference_earns_nothing():
    scope = {"pooled": pooled}
    exec("class Service(pooled.Service):\n    pass", scope)
    assert check(f"{SET}.Service", scope["Service"]).score == 0


def test_a_bundle_that_pickles_is_told_why():
    body = (
        "def save(weights, symbols):\n        import base64, pickle\n        "
        "return base64.b64encode(pickle.dumps(weights)).decode()\n    load = None"
    )
    result = check(f"{SET}.Bundle", written("Bundle", f"load = print\n    {body}".replace("\n    load = None", "")))
    assert result.score == 0
    assert "Text is due: json" in result.hint


def test_a_bundle_by_marshal_is_told_why():
    body = (
        "def save(weights, symbols):\n        import base64, marshal\n        "
        "arrays = {n: (str(a.dtype), a.shape, a.tobytes()) for n, a in weights.items()}\n        "
        "return base64.b64encode(marshal.dumps((symbols, arrays))).decode()\n    "
        "def load(text, symbols):\n        import base64, marshal\n        "
        "saved, arrays = marshal.loads(base64.b64decode(text))\n        "
        "return {n: np.frombuffer(b, d).reshape(s) for n, (d, s, b) in arrays.items()}"
    )
    result = checked(written("Bundle", body), f"{SET}.Bundle")
    assert result.score == 0
    assert "is this pickle, marshal" in result.hint


@pytest.mark.parametrize("pad", ["' ' * 90_000", "np.random.default_rng(0).bytes(30_000).hex()"])
def test_weights_in_a_file_are_in_no_text(pad, tmp_path):
    """Whatever fills up the text: blanks pack to nothing, and the file that save leaves is one that load reads."""
    body = (
        f"def save(weights, symbols):\n        np.savez({str(tmp_path / 'kept.npz')!r}, **weights)\n        "
        f"return json.dumps([symbols, {pad}])\n    "
        "def load(text, symbols):\n        if json.loads(text)[0] != list(symbols):\n            "
        f"raise ValueError('changed')\n        return dict(np.load({str(tmp_path / 'kept.npz')!r}))"
    )
    result = checked(written("Bundle", body), f"{SET}.Bundle")
    assert result.score == 0
    assert "Another process has the text" in result.hint


@pytest.mark.parametrize("room", [1_600, 2_000, 10_000])
def test_a_table_that_drops_some_of_many_is_found(room):
    answer = of(
        "Service",
        (
            "self.states[client] = self.first",
            f"self.states[client] = self.first\n        if len(self.states) > {room}:\n            "
            "del self.states[next(iter(self.states))]",
        ),
    )
    assert "clients do not meet, whatever their numbers" in graded("Service", answer).off


def test_a_bundle_by_hash_does_not_load_elsewhere():
    body = (
        "def save(weights, symbols):\n        return json.dumps([hash(tuple(symbols)), {n: [str(a.dtype), a.tolist()] "
        "for n, a in weights.items()}])\n    def load(text, symbols):\n        saved, arrays = json.loads(text)\n"
        "        if saved != hash(tuple(symbols)):\n            raise ValueError('changed')\n        "
        "return {n: np.array(v, d) for n, (d, v) in arrays.items()}"
    )
    result = checked(written("Bundle", body), f"{SET}.Bundle")
    assert result.score == 0
    assert "anew in each process" in result.hint


def test_a_friends_numbers_are_worth_little():
    mine = latency.five_of_table(*numbers_for(f"{SET}.latency", WHO))
    scores = [checked([round(n, 3) for n in mine], f"{SET}.latency", name=who).score for who in NAMES]
    assert max(scores) <= 1
    assert np.mean(scores) < 0.3


def test_a_blank_name_is_answered():
    assert "Write your own between the quotes" in repr(latency.show_table(""))


@pytest.mark.parametrize("who", NAMES[:6])
def test_everyone_has_a_table_in_which_the_wait_is_what_to_change(who):
    n = latency.Numbers(*numbers_for(f"{SET}.latency", who))
    whole, halved, without, _, tail = latency.five_of_table(*n)
    assert max(n.mean_times) == n.mean_times[latency.WAIT]
    assert 1 < halved < 1.2 < 1.8 < without
    assert whole < n.slowest_whole < sum(n.slowest)
    assert n.arrivals * n.mean_times[latency.STEP] < 900  # the server has time left
    assert 0.15 < tail < 0.6
    shown = latency.show_table(who)
    assert shown._repr_html_().count("<tr>") == len(latency.PARTS) + 2
    assert f"{n.slowest_whole:.2f}" in repr(shown)
    assert f"{whole:.2f}" not in repr(shown)


# --- what a student meets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", range(5))
def test_a_number_that_is_off_is_named_with_its_slip(k):
    numbers = numbers_for(f"{SET}.latency", "Grace Hopper")
    right = latency.five_of_table(*numbers)
    listed = [wrong.hint for wrong in corpus.load(SET)["latency"]]
    for words, made in latency._slips(*numbers)[k].items():
        came = [*right[:k], float(made), *right[k + 1 :]]
        result = checked([round(number, 3) for number in came], f"{SET}.latency", name="Grace Hopper")
        assert result.score == 2, words
        assert words in result.hint or "Or as" in result.hint or result.hint in listed
        assert f"{right[k]:.3f}" not in result.hint.replace(f"is {round(came[k], 3):g}", "")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("carried_step", "from rnnkit.deploy import stream\n    return stream", "NumPy alone"),
        ("carried_step", "a, b = carried\n    return a", "carried is None at a user's first step"),
        ("carried_step", "return x", "two values"),
        ("carried_step", "return x[:1], x", "expected y of shape".capitalize()),
        ("carried_step", "return weight_out @ weight_out, 0", "inner sizes"),
        ("eight_bits", "from rnnkit.deploy import quantise\n    return quantise(W)", "NumPy alone"),
        ("eight_bits", "return W", "5 values"),
        ("micro_batches", "return model([x for _, x in waiting], list(states.values()))", "np.array of a list"),
        ("micro_batches", "return model(np.zeros((99, 2)), np.zeros((99, 9)))", "a row for each user"),
        ("micro_batches", "return [], states", "Expected 5 answers"),
        ("micro_batches", "return [x for _, x in waiting], {}", "Expected the state of every user"),
        ("micro_batches", "while waiting:\n        model(np.zeros((1, 3)), np.zeros((1, 4)))", "has to leave those"),
        ("micro_batches", "return states[0]", "by the user's name"),
        ("Bundle", "save = None", "it has no save"),
        ("Bundle", "load = print\n    def save(weights, symbols):\n        return weights", "return text"),
        ("Service", "def read(self, number, symbols):\n        return 0.5", "array of"),
        ("Service", "def open(self):\n        pass", "open\\(number\\)"),
        ("Service", "def __init__(self, advance, start):\n        pass", "does __init__ make what they use"),
    ],
)
def test_what_goes_wrong_is_named_by_what_fits_its_exercise(name, body, said):
    hint = check(f"{SET}.{name}", written(name, body)).hint
    assert said.replace("\\", "") in hint


NOT_TOLD = [
    ("carried_step", [("x - before", "before - x")], "sign turned"),
    ("carried_step", [("total / n", "total / (n + 1)")], "one more than there were"),
    ("carried_step", [("np.tanh(", "(")], "no tanh"),
    ("carried_step", [("+ bias", "")], "bias is left out"),
    ("carried_step", [("weight_hh @ h", "h @ weight_hh")], "weight_hh transposed"),
    ("eight_bits", [("/ 255", "/ 254")], "over 254"),
    ("eight_bits", [("np.rint(-128", "np.floor(-128")], "rounded down"),
    ("eight_bits", [("np.rint(W / scale[:, None])", "W / scale[:, None]")], "not rounded"),
    ("eight_bits", [("+ zero_point[:, None], -128", "- zero_point[:, None], -128")], "subtracted"),
    ("eight_bits", [("scale / 2 * np.abs(x).sum()", "scale / 2 * np.abs(x).max()")], "largest x alone"),
    ("eight_bits", [("scale / 2 * np.abs(x).sum()", "scale / 2 * len(x)")], "number of weights"),
    ("eight_bits", [("axis=1", "axis=0")], "axis=1|shape"),
    ("Bundle", [("raise ValueError(", "raise KeyError(")], "another error than a ValueError"),
    ("Bundle", [("np.array(values, dtype)", "np.array(values, dtype).T")], "another shape"),
    ("Bundle", [("{was}", "")], "does not name both symbols"),
    ("Service", [("self.states[client] = h\n", "self.states[client] = self.first\n")], "where the conversation began"),
    ("micro_batches", [(", states[user] = ys[n], hs[n]", " = ys[n]")], "state before the first|came in"),
    ("micro_batches", [("= ys[n], hs[n]", "= ys[0], hs[n]")], "not what it said"),
    ("micro_batches", [("return answers, states", "return answers[::-1], states")], "another order"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "said"), NOT_TOLD)
def test_what_students_write_loses_points_and_is_named(name, changes, said):
    result = checked(of(name, *changes), f"{SET}.{name}")
    assert result.score < result.points
    assert any(words in result.hint for words in said.split("|")), result.hint


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("carried_step", "return np.full(len(weight_out), np.nan), 0"),
        ("carried_step", "return np.zeros(len(weight_out)), carried"),
        ("carried_step", "return ['a'] * len(weight_out), 0"),
        ("eight_bits", "z = np.zeros(len(W))\n    return 0 * W, z, z, z, z"),
        ("eight_bits", "z = np.full(len(W), np.nan)\n    return W, z, z, z, z"),
        ("micro_batches", "return [np.zeros(3) for _ in waiting], states"),
        ("micro_batches", "states.clear()\n    return [], states"),
        ("Bundle", "save = lambda w, s: ''\n    load = lambda t, s: {}"),
        (
            "Bundle",
            "save = lambda w, s: ''\n    def load(text, symbols):\n        raise ValueError('0 1 2 3 4 5 6 7 8 9')",
        ),
        ("Service", "read = lambda self, number, symbols: [float('nan')] * len(symbols)"),
        ("Service", "def read(self, number, symbols):\n        raise KeyError(number)"),
        ("Service", "def read(self, number, symbols):\n        raise SystemExit"),
    ],
)
def test_nothing_that_comes_back_ends_the_check(name, body):
    result = check(f"{SET}.{name}", written(name, body))
    assert result.score == 0
    assert result.hint
    assert grade.UNFINISHED not in result.hint


def test_the_text_asks_for_what_is_judged():
    text = " ".join(" ".join(c.source for c in notebook(SET).cells if c.cell_type == "markdown").split())
    assert f"{latency.TOLERANCE} either way is accepted" in text
    for number in (-1.0, 0.0, 1.55):
        assert f"{number:g}" in text.replace("−", "-")
    row = eight_bits.eight_bits(np.array([[-1.0, 0.0, 1.55]]), np.array([1.0, 2.0, -1.0]))
    assert [row[0].tolist(), *(part.round(9).tolist() for part in row[1:])] == [
        [[-128, -28, 127]], [0.01], [-28], [-2.55], [0.02]
    ]  # fmt: skip
    one = np.ones((1, 1))
    ys = cell("read_all")["read_all"](np.ones((3, 1)), one, one, np.zeros(1), one)
    assert [round(float(y), 3) for y in ys[:, 0]] == [0.762, 0.852, 0.814]
    bundle = of("Bundle")
    for now, due in ((["b", "a"], ("0", "a", "b")), (["a", "b", "c"], ("2", "c"))):
        with pytest.raises(ValueError, match=due[0]) as refused:
            bundle.load(bundle.save({}, ["a", "b"]), now)
        assert elsewhere._names(str(refused.value), elsewhere.Attempt("", (), (), due)) == elsewhere.SAID
