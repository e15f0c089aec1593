"""The server in this process: what it answers equals the model, and what does not fit is refused in words."""

import asyncio
import contextlib
import json
import random

import httpx
import numpy as np
import pytest

import rnnkit
from rnnkit.data import Scale, Vocabulary
from rnnkit.deploy import Bundle, quantised, stream
from rnnkit.deploy.batching import Batcher
from rnnkit.deploy.limits import Limits
from rnnkit.deploy.messages import MAY_STAND_THERE
from rnnkit.deploy.server import application
from rnnkit.deploy.sessions import MemoryStore

LETTERS = "abcde"
LIMITS = Limits(body=2000, steps=30, read=0.2)


def letters(rng=0):
    layers = rnnkit.Embedding(7, 5, rng=rng), rnnkit.LSTM(5, 6, num_layers=2, rng=rng), rnnkit.Linear(6, 7, rng=rng)
    return Bundle(rnnkit.Sequential(*layers).to(dtype="float32"), Vocabulary([LETTERS]), {"for": "a test"})


def numbers(*more):
    scale = Scale(np.random.default_rng(0).normal(3, 2, (50, 3)))
    return Bundle(rnnkit.Sequential(rnnkit.GRU(3, 4, rng=0), *more, rnnkit.Linear(4, 2, rng=0)), scale, {})


LETTER = letters()


def asked(app, *requests):
    """The answers to these requests, one after the other: (method, path) or (method, path, JSON or bytes)."""

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return [await one(client, *request) for request in requests]

    return asyncio.run(ask())


async def one(client, method, path, body=None):
    content = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
    return await client.request(method, path, content=content)


def y(answer):
    assert answer.status_code == 200, answer.text
    return np.array(answer.json()["y"])


def alone(bundle, xs):
    return bundle.model(np.asarray(xs)[:, None]).h[:, 0]


def test_a_prediction_is_the_models():
    by_text, by_number, last = asked(
        application(LETTER),
        ("POST", "/predict", {"text": "badce"}),
        ("POST", "/predict", {"x": [3, 2, 5, 4, 6]}),
        ("POST", "/predict", {"text": list("badce"), "last": True}),
    )
    whole = alone(LETTER, [3, 2, 5, 4, 6])
    np.testing.assert_array_equal(y(by_number).astype(np.float32), whole)
    np.testing.assert_array_equal(y(by_text), y(by_number))
    np.testing.assert_array_equal(y(last), y(by_text)[-1:])


def test_a_batch_of_any_lengths_gives_what_each_gives_alone():
    rng = np.random.default_rng(0)
    xs = [rng.integers(7, size=n).tolist() for n in (3, 1, 5)]
    (answer,) = asked(application(LETTER), ("POST", "/predict", {"xs": xs}))
    for own, sequence in zip(answer.json()["ys"], xs, strict=True):
        np.testing.assert_allclose(own, alone(LETTER, sequence), rtol=0, atol=1e-6)


def test_measurements_are_scaled_as_in_training():
    bundle, xs = numbers(), np.random.default_rng(1).normal(3, 2, (4, 3))
    (answer,) = asked(application(bundle), ("POST", "/predict", {"x": xs.tolist()}))
    np.testing.assert_allclose(y(answer), alone(bundle, bundle.reads(xs)), atol=1e-12)


def test_a_model_of_one_answer_predicts_and_says_why_it_cannot_stream():
    bundle, xs = numbers(rnnkit.MeanPool()), np.ones((4, 3))
    app = application(bundle)
    found, batch, *refusals = asked(
        app,
        ("POST", "/predict", {"x": xs.tolist()}),
        ("POST", "/predict", {"xs": [xs.tolist(), xs[:2].tolist()]}),
        ("POST", "/sessions"),
        ("POST", "/predict", {"x": xs.tolist(), "state": None}),
    )
    np.testing.assert_allclose(y(found), bundle.model(bundle.reads(xs)[:, None]).h, atol=1e-12)
    assert [len(own) for own in batch.json()["ys"]] == [1, 1]
    assert all(answer.status_code == 501 and "MeanPool" in answer.json()["error"] for answer in refusals)


REFUSED = {
    "no JSON": (b'{"x": [1', 422, "is no JSON"),
    "no text": (b"\xff\xfe", 422, "is no JSON"),
    "nested": (b"[" * 1900, 422, "is no JSON"),
    "no object": (b"[1]", 422, "is a JSON list"),
    "nothing": ({}, 422, "has nothing"),
    "two inputs": ({"x": [1], "text": "a"}, 422, "has x and text"),
    "a misspelt key": ({"x": [1], "lst": True}, 422, "has 'lst'"),
    "a step alone": ({"step": 25}, 422, "has step alone, expected x: T numbers of 0 to 6, or text"),
    "NaN": (b'{"x": [1, NaN]}', 422, "x holds NaN at 1, expected T numbers of 0 to 6: whole ones, a symbol each"),
    "infinity": (b'{"x": [-1e999]}', 422, "x holds -inf at 0, expected T numbers of 0 to 6"),
    "fractions": ({"x": [1, 2, 1.5]}, 422, "x holds 1.5 at 2, expected T numbers of 0 to 6"),
    "whole fractions": (b'{"x": [1.0]}', 422, "x holds 1.0 at 0, expected T numbers of 0 to 6"),
    "truths": ({"x": [True]}, 422, "x holds True at 0, expected T numbers of 0 to 6"),
    "names": ({"x": ["a"]}, 422, "expected real numbers"),
    "large numbers": (b'{"x": [1' + b"0" * 400 + b"]}", 422, "expected real numbers"),
    "huge numbers": (b'{"x": [' + b"9" * 1900 + b"]}", 422, "expected real numbers"),
    "no symbol": ({"x": [7]}, 422, "x holds 7 to 7"),
    "below": ({"x": [-1]}, 422, "x holds -1 to -1"),
    "rows": ({"x": [[1], [2]]}, 422, "has shape (2, 1)"),
    "ragged": ({"x": [[1], [2, 3]]}, 422, "makes no array"),
    "empty": ({"x": []}, 422, "has shape (0,)"),
    "an unknown letter": ({"text": "ab€"}, 422, "holds '€' at 2, expected symbols of the vocabulary: such as 'abcde'"),
    "an unknown word": ({"text": ["a", "tea"]}, 422, "holds 'tea' at 1"),
    "no letter": ({"text": ""}, 422, "text is ''"),
    "a number as text": ({"text": 3}, 422, "text is 3"),
    "too many steps": ({"x": [1] * 31}, 422, "has 31 steps, expected at most 30"),
    "too large a batch": ({"xs": [[1] * 16, [1]]}, 422, "has 32 steps (2 sequences of up to 16)"),
    "an empty batch": ({"texts": []}, 422, "texts is [], expected a list of one sequence or more"),
    "a batch of one text": ({"texts": "abc"}, 422, "texts is 'abc', expected a list of one sequence or more"),
    "a bad one in a batch": ({"texts": ["a", "?"]}, 422, "holds '?' at 0"),
    "too long": (b"a" * 2001, 413, "2001 bytes or more, expected at most 2000"),
    "a state of noise": ({"x": [1], "state": "abc"}, 422, "no base64"),
    "a state of another": ({"x": [1], "state": "AAAA"}, 422, "another model"),
    "last what": ({"x": [1], "last": 1}, 422, "last is 1, expected True or False"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_what_was_expected(name):
    body, status, words = REFUSED[name]
    (answer,) = asked(application(LETTER, limits=LIMITS), ("POST", "/predict", body))
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert "expected" in answer.json()["error"]
    assert "Traceback" not in answer.text


ATOMS = (None, True, 0, 3, -1, 7, 1.5, 1e400, float("nan"), 10**20, 10**400, "", "a", "ab€", "\ud800", "AAAA", [], {})


def drawn(rng, depth=0):
    """A value of JSON, as a client might send that has gone wrong."""
    if depth > 3 or rng.random() < 0.5:
        return rng.choice(ATOMS)
    many = range(rng.randint(0, 4))
    return [drawn(rng, depth + 1) for _ in many] if rng.random() < 0.8 else {"x": drawn(rng, depth + 1)}


def test_no_message_makes_the_server_fail():
    """Three hundred drawn ones, every seventh with a byte changed, and lists in lists in lists."""
    rng, requests = random.Random(0), []
    for k in range(300):
        body = {key: drawn(rng) for key in rng.sample(MAY_STAND_THERE, rng.randint(1, 3))}
        raw = bytearray(json.dumps(body).encode())
        if k % 7 == 0:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        requests.append(("POST", rng.choice(("/predict", "/sessions/none")), bytes(raw)))
    nested = ("[" * depth + "1" + "]" * depth for depth in (2, 33, 64, 65, 400, 900))
    requests += [("POST", "/predict", f'{{"x": {lists}}}') for lists in nested]
    for bundle in (LETTER, numbers()):
        statuses = [answer.status_code for answer in asked(application(bundle, limits=LIMITS), *requests)]
        assert set(statuses) <= {200, 409, 410, 413, 422}
        assert statuses.count(422) > 250


def test_numbers_that_are_none_are_refused():
    app = application(numbers(), limits=LIMITS)
    for body in (b'{"x": [[1, NaN, 0]]}', b'{"x": [[1, 1e999, 0]]}', b'{"x": [[Infinity, 1, 0]]}'):
        (answer,) = asked(app, ("POST", "/predict", body))
        assert answer.status_code == 422
        assert "holds NaN or infinity" in answer.json()["error"]
    for x in ([[1, 2]], [1, 2, 3], [[True, False, True]], [["a", "b", "c"]], "abc", None, {"a": 1}):
        (answer,) = asked(app, ("POST", "/predict", {"x": x}))
        assert answer.status_code == 422
        assert "expected" in answer.json()["error"]


def test_a_body_that_does_not_come_is_given_up():
    async def ask():
        async def slowly():
            for _ in range(100):
                yield b"a"
                await asyncio.sleep(0.05)

        transport = httpx.ASGITransport(application(LETTER, limits=LIMITS))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post("/predict", content=slowly())

    answer = asyncio.run(ask())
    assert answer.status_code == 408
    assert answer.headers["connection"] == "close"


def test_a_session_goes_on_from_each_state_that_it_keeps():
    app, xs = application(LETTER, keep=3), [3, 2, 5, 4, 6, 2]
    whole = alone(LETTER, xs)
    (opened,) = asked(app, ("POST", "/sessions"))
    path = f"/sessions/{opened.json()['session']}"
    first, second, again, third, where = asked(
        app,
        ("POST", path, {"step": 0, "x": xs[:2]}),
        ("POST", path, {"step": 2, "x": xs[2:3]}),
        ("POST", path, {"step": 2, "x": xs[2:3]}),  # its answer was lost
        ("POST", path, {"step": 3, "x": xs[3:]}),
        ("GET", path),
    )
    assert opened.status_code == 201
    assert [a.json()["step"] for a in (first, second, again, third)] == [2, 3, 3, 6]
    assert second.text == again.text
    np.testing.assert_allclose(np.concatenate([y(first), y(second), y(third)]), whole, rtol=0, atol=1e-6)
    assert where.json()["from"] == [2, 3, 6]
    too_old, ahead, unsaid, ended, after = asked(
        app,
        ("POST", path, {"step": 0, "x": xs[:2]}),
        ("POST", path, {"step": 7, "x": [1]}),
        ("POST", path, {"x": [1]}),
        ("DELETE", path),
        ("POST", path, {"step": 6, "x": [1]}),
    )
    assert too_old.status_code == ahead.status_code == 409
    assert "expected one that this session can go on from: 2, 3, 6" in too_old.json()["error"]
    assert "has no step, expected the number of steps whose outputs have come" in unsaid.json()["error"]
    assert (unsaid.status_code, ended.status_code, after.status_code) == (422, 204, 410)


def test_an_eviction_is_told_and_never_zeros():
    app = application(LETTER, limits=Limits(sessions=2))
    paths = [f"/sessions/{answer.json()['session']}" for answer in asked(app, *[("POST", "/sessions")] * 2)]
    asked(app, *[("POST", path, {"step": 0, "text": "ab"}) for path in paths])
    asked(app, ("GET", paths[0]), ("POST", "/sessions"))  # the second was used longest ago
    kept, evicted = asked(app, *[("POST", path, {"step": 2, "text": "c"}) for path in paths])
    assert kept.status_code == 200
    assert evicted.status_code == 410
    assert "evicted, expired, or never opened" in evicted.json()["error"]
    assert "y" not in evicted.json()
    assert "rnnkit_evicted 1.0" in asked(app, ("GET", "/metrics"))[0].text


def test_a_session_expires():
    store = MemoryStore(seconds=1e-9)
    (opened,) = asked(application(LETTER, store), ("POST", "/sessions"))
    (answer,) = asked(application(LETTER, store), ("GET", f"/sessions/{opened.json()['session']}"))
    assert answer.status_code == 410


def test_a_state_of_other_weights_is_told():
    store = MemoryStore()
    (opened,) = asked(application(LETTER, store), ("POST", "/sessions"))
    path = f"/sessions/{opened.json()['session']}"
    (answer,) = asked(application(letters(rng=1), store), ("POST", path, {"step": 0, "text": "a"}))
    assert answer.status_code == 410
    assert "of other weights" in answer.json()["error"]


def test_a_client_may_keep_its_state_itself():
    app, xs, state, came = application(LETTER), [3, 2, 5, 4], None, []
    for k, x in enumerate(xs):
        (answer,) = asked(app, ("POST", "/predict", {"x": [x], "state": state}))
        state, number = answer.json()["state"], answer.json()["step"]
        assert number == k + 1
        came.append(y(answer))
    np.testing.assert_allclose(np.concatenate(came), alone(LETTER, xs), rtol=0, atol=1e-6)


def test_one_request_more_than_there_is_room_for_comes_again():
    async def ask():
        app = application(LETTER, limits=Limits(waiting=2))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            body = {"x": [1] * 2000}
            return await asyncio.gather(*(client.post("/predict", json=body) for _ in range(5)))

    answers = asyncio.run(ask())
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert all(answer.headers["retry-after"] == "1" for answer in refused)
    assert all("at most 2 may compute or wait at once" in answer.json()["error"] for answer in refused)


def test_health_readiness_and_metrics():
    app = application(LETTER)
    about, alive, ready, _, metrics = asked(
        app,
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("POST", "/predict", {"x": [9]}),
        ("GET", "/metrics"),
    )
    assert about.json()["card"] == {"for": "a test"}
    assert about.json()["streams"] is True
    assert alive.status_code == ready.status_code == 200
    assert 'rnnkit_requests_total{handler="predict",status="422"} 1.0' in metrics.text
    assert 'rnnkit_requests_total{handler="alive",status="200"} 1.0' in metrics.text
    asyncio.run(app.state.service.stop())
    alive, ready, refused = asked(app, ("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/predict", {"x": [1]}))
    assert (alive.status_code, ready.status_code, refused.status_code) == (200, 503, 503)


def test_who_waits_together_is_served_together_and_alone_as_well():
    step, sizes = stream(LETTER.model), []

    class Counting:
        def __call__(self, x, state):
            sizes.append(len(x))
            return step(x, state)

    async def ask(most):
        batcher = Batcher(Counting(), most)
        return await asyncio.gather(*(batcher(np.array([k]), step.start()) for k in range(7)))

    found = asyncio.run(ask(4))
    assert sizes == [4, 3]
    for k, (own, state) in enumerate(found):
        wanted, after = step(np.array([k]), step.start())
        np.testing.assert_allclose(own, wanted, rtol=0, atol=1e-6)
        np.testing.assert_allclose(state[1][0], after[1][0], rtol=0, atol=1e-6)


def test_weights_of_eight_bits_may_be_batched_and_numbers_of_users_may_not():
    """A bundle in eight bits, two users in one batch, one of whom sends numbers a hundred times as large."""
    reads = Scale(np.random.default_rng(0).normal(size=(50, 3)))
    model = quantised(rnnkit.Sequential(rnnkit.GRU(3, 4, rng=0), rnnkit.Linear(4, 2, rng=0)))[0]
    step, sizes, rounds = stream(model), [], []
    quiet, loud = np.random.default_rng(1).normal(size=(5, 3)), 100 * np.random.default_rng(2).normal(size=(5, 3))

    async def served(*users):
        app = application(Bundle(model, reads, {}), batch=2)
        batcher = app.state.service._batcher
        batcher.step = lambda x, state: sizes.append(len(x)) or step(rounds[-1](x) if rounds else x, state)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            bodies = ({"x": xs.tolist(), "state": None} for xs in users)
            answers = await asyncio.gather(*(client.post("/predict", json=body) for body in bodies))
            return [y(answer) for answer in answers]

    alone = [asyncio.run(served(xs))[0] for xs in (quiet, loud)]
    both = asyncio.run(served(quiet, loud))
    assert sizes == [1] * 10 + [2] * 5
    np.testing.assert_allclose(both, alone, rtol=0, atol=1e-6)

    def by_one_scale(x):  # what this server does not do
        scale = abs(x).max() / 127
        return np.rint(x / scale) * scale

    rounds.append(by_one_scale)
    apart = asyncio.run(served(quiet, loud))[0] - asyncio.run(served(quiet))[0]
    assert abs(apart).max() > 1e-2


def test_copies_that_share_a_store_go_on_with_each_others_sessions():
    store = MemoryStore()
    first, second, apart = application(LETTER, store), application(LETTER, store), application(LETTER)
    (opened,) = asked(first, ("POST", "/sessions"))
    path, xs = f"/sessions/{opened.json()['session']}", [3, 2, 5]
    asked(first, ("POST", path, {"step": 0, "x": xs[:2]}))
    (going_on,) = asked(second, ("POST", path, {"step": 2, "x": xs[2:]}))
    np.testing.assert_allclose(y(going_on)[-1], alone(LETTER, xs)[-1], rtol=0, atol=1e-6)
    (unknown,) = asked(apart, ("POST", path, {"step": 3, "x": [1]}))
    assert unknown.status_code == 410


def test_what_fails_in_a_batch_is_told_to_all_and_a_network_may_have_no_state():
    step = stream(rnnkit.Sequential(rnnkit.Linear(2, 3, rng=0)))

    async def ask(*xs):
        batcher = Batcher(step, 4)
        return await asyncio.gather(*(batcher(x, step.start()) for x in xs), return_exceptions=True)

    good, bad = np.ones((1, 2)), np.full((1, 2), np.nan)
    assert [y.shape for y, _ in asyncio.run(ask(good, good))] == [(1, 3)] * 2
    assert ["NaN" in str(error) for error in asyncio.run(ask(good, bad))] == [True] * 2


def test_a_client_that_leaves_a_batch_takes_nobody_along():
    step = stream(LETTER.model)

    async def ask():
        batcher = Batcher(step, 4)
        leaving = asyncio.ensure_future(batcher(np.array([1]), step.start()))
        staying = asyncio.ensure_future(batcher(np.array([2]), step.start()))
        await asyncio.sleep(0)
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving
        return await staying

    np.testing.assert_allclose(asyncio.run(ask())[0], step(np.array([2]), step.start())[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "more",
    [{"batch": -1}, {"batch": 2, "wait": -1}, {"keep": 1}, {"limits": Limits(steps=0)}, {"limits": Limits(read=0)}],
)
def test_a_server_without_sense_does_not_start(more):
    with pytest.raises(ValueError, match="expected"):
        application(LETTER, **more)
