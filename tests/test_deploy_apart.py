"""Two clients of one session, and a state in a client's hands: what does not belong is refused, and never mixed."""

import asyncio
import base64
import hmac
import re

import numpy as np
import pytest
from test_deploy_server import LETTER, LETTERS, alone, asked, numbers, y

from rnnkit.deploy.__main__ import main
from rnnkit.deploy.connection import APART, AWAY, LATER, RESTARTS
from rnnkit.deploy.limits import Limits
from rnnkit.deploy.messages import MAY_STAND_THERE
from rnnkit.deploy.server import application
from rnnkit.deploy.service import steps

SECRET = b"of sixteen bytes or more"


def session_of(app):
    (opened,) = asked(app, ("POST", "/sessions"))
    return f"/sessions/{opened.json()['session']}"


def of_text(text):
    return alone(LETTER, LETTER.reads.encode(text))


def sent(app, path, at, text):
    (answer,) = asked(app, ("POST", path, {"step": at, "text": text}))
    return answer


def test_another_message_from_the_same_step_is_refused_and_mixes_nothing():
    """A and B both go on from step 3, each with its own letter; A's text goes on, and B is told what stands there."""
    app = application(LETTER)
    path = session_of(app)
    sent(app, path, 0, "abc")
    mine, other, again = (sent(app, path, 3, text) for text in "ded")
    assert (mine.status_code, other.status_code, again.text) == (200, 409, mine.text)
    said = other.json()
    assert "after step 3 this session has read other steps or more of them, up to 4" in said.pop("error")
    assert said == {"step": 4, "from": [0, 3, 4]}
    np.testing.assert_allclose(y(sent(app, path, 4, "a"))[-1], of_text("abcda")[-1], rtol=0, atol=1e-6)


def test_a_client_that_is_behind_may_send_all_that_it_has_not_heard_of():
    app, text = application(LETTER), "abcdeab"
    path = session_of(app)
    for at, end in ((0, 1), (1, 3), (3, 5)):
        sent(app, path, at, text[at:end])
    for at, end, status in ((1, 3, 200), (1, 5, 200), (1, 4, 409), (3, 4, 409), (1, 7, 200), (5, 7, 200), (0, 1, 409)):
        answer = sent(app, path, at, text[at:end])
        assert answer.status_code == status, (at, end)
        if status == 200:
            np.testing.assert_allclose(y(answer), of_text(text)[at:end], rtol=0, atol=1e-6)
    (where,) = asked(app, ("GET", path))
    assert where.json()["from"] == [1, 3, 5, 7]


def test_symbols_numbers_and_measurements_are_compared_as_the_network_reads_them():
    app = application(LETTER)
    path = session_of(app)
    first, same, other = asked(app, *(("POST", path, {"step": 0, "x": x}) for x in ([2, 3], [2, 3], [2, 4])))
    assert sent(app, path, 0, "ab").text == first.text == same.text
    assert other.status_code == 409
    app = application(numbers())
    path, rows = session_of(app), ([[1, 2, 3]], [[1.0, 2.0, 3.0]], [[1, 2, 3.0001]])
    statuses = [a.status_code for a in asked(app, *(("POST", path, {"step": 0, "x": x}) for x in rows))]
    assert statuses == [200, 200, 409]


@pytest.mark.parametrize(("text", "statuses"), [("ab", [200, 200]), ("ac", [200, 409])])
def test_two_at_the_same_time(text, statuses):
    """The second one finds the session moved on beneath it: the same message is answered, and another one is not."""
    app = application(LETTER)
    name, sessions = session_of(app).removeprefix("/sessions/"), app.state.service.sessions

    async def slow(xs, state):
        await asyncio.sleep(0)
        return steps(sessions.step, xs, state)

    async def both():
        advances = (sessions.advance(name, 0, LETTER.reads.encode(letter), slow) for letter in text.replace("b", "a"))
        return await asyncio.gather(*advances, return_exceptions=True)

    found = asyncio.run(both())
    assert [getattr(one, "status", 200) for one in found] == statuses
    for one in found[: statuses.count(200)]:
        np.testing.assert_array_equal(one[0], found[0][0])


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_answered_is_of_the_clients_own_text(seed):
    """Three clients write to one session, repeat themselves, ask where it stands, and never hear of another's text."""
    rng, app = np.random.default_rng(seed), application(LETTER)
    path, counts = session_of(app), {200: 0, 409: 0}
    texts = ["", "", ""]
    for _ in range(60):
        k = int(rng.integers(3))
        more = "".join(rng.choice(list(LETTERS[:2]), rng.integers(1, 3)))
        back = int(rng.integers(0, 3)) * (rng.random() < 0.3)  # it has not heard of so many of its own
        at = max(0, len(texts[k]) - back)
        answer = sent(app, path, at, texts[k][at:] + more)
        counts[answer.status_code] += 1
        if answer.status_code == 200:
            texts[k] += more
            np.testing.assert_allclose(y(answer), of_text(texts[k])[at:], rtol=0, atol=1e-6)
    assert min(counts.values()) > 5


def held(app, **message):
    (answer,) = asked(app, ("POST", "/predict", message))
    return answer


@pytest.mark.parametrize("secret", [b"", SECRET])
def test_a_bit_that_was_turned_in_a_packed_state_is_found(secret):
    app = application(LETTER, secret=secret)
    state = held(app, text="abc", state=None).json()["state"]
    raw = base64.b64decode(state)
    assert held(app, text="d", state=state).status_code == 200
    for k in range(0, 8 * len(raw), 37):
        bad = bytearray(raw)
        bad[k // 8] ^= 1 << k % 8
        answer = held(app, text="d", state=base64.b64encode(bad).decode())
        assert answer.status_code == 422, k
        assert "expected" in answer.json()["error"]


def test_without_a_secret_anybody_can_seal_and_with_one_nobody_else():
    """A client moves one number of its state and seals it anew, as it can read here."""
    unsigned, signed = application(LETTER), application(LETTER, secret=SECRET)
    other = application(LETTER, secret=SECRET[::-1])
    raw = bytearray(base64.b64decode(held(unsigned, text="abc", state=None).json()["state"])[:-16])
    raw[-4:] = np.float32(0.25).tobytes()

    def sealed(raw, key):
        return base64.b64encode(raw + hmac.digest(key, raw, "sha256")[:16]).decode()

    assert held(unsigned, text="d", state=sealed(raw, b"")).status_code == 200
    assert held(signed, text="d", state=sealed(raw, SECRET)).status_code == 200
    for app, key in ((signed, b""), (other, SECRET), (unsigned, SECRET)):
        answer = held(app, text="d", state=sealed(raw, key))
        assert answer.status_code == 422
        assert "does not fit its seal" in answer.json()["error"]
    raw[-4:] = np.float32(np.nan).tobytes()
    answer = held(unsigned, text="d", state=sealed(raw, b""))
    assert answer.status_code == 422
    assert "NaN" in answer.json()["error"]
    says = [asked(app, ("GET", "/"))[0].json()["states"] for app in (unsigned, signed)]
    assert says == ["unsigned", "signed"]


def test_a_step_beside_a_packed_state_is_compared():
    app = application(LETTER)
    state = held(app, text="abc", state=None).json()["state"]
    fits = held(app, text="d", state=state, step=3)
    np.testing.assert_allclose(y(fits), of_text("abcd")[-1:], rtol=0, atol=1e-6)
    for at, wrong, stands in ((2, state, 3), (4, state, 3), (1, None, 0)):
        answer = held(app, text="d", state=wrong, step=at)
        assert answer.status_code == 409
        assert f"step is {at}, expected {stands}" in answer.json()["error"]
        assert (answer.json()["step"], answer.json()["from"]) == (stands, [stands])


DROPPED = {
    "one and many": ("/predict", {"text": "the", "texts": ["a"]}, "has texts and text"),
    "two batches": ("/predict", {"xs": [[1]], "texts": ["a"]}, "has xs and texts"),
    "a batch with a state": ("/predict", {"texts": ["a"], "state": None}, "has texts and state"),
    "a step without a state": ("/predict", {"text": "a", "step": 25}, "has step and no state"),
    "a batch to a session": ("/sessions/none", {"step": 0, "texts": ["a"]}, "has 'texts'"),
    "a state to a session": ("/sessions/none", {"step": 0, "text": "a", "state": None}, "has 'state'"),
}


@pytest.mark.parametrize("name", DROPPED)
def test_no_field_is_dropped_in_silence(name):
    path, message, words = DROPPED[name]
    (answer,) = asked(application(LETTER), ("POST", path, message))
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_the_help_has_each_address_field_code_and_limit(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "84")
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    said = capsys.readouterr().out
    addresses, fields = said.partition("\nfields\n")[0], said.partition("\nfields\n")[2].partition("\nstreams\n")[0]
    there = {route.path.replace("{name}", "NAME") for route in application(LETTER).routes}
    assert set(re.findall(r" (/[a-z/]*(?:NAME)?)", addresses)) == there
    named = set(re.findall(r"^  (\w+(?:, \w+)*)  ", fields, re.M))
    assert {name for line in named for name in line.split(", ")} == {*MAY_STAND_THERE, "y", "ys", "session"}
    codes = set(map(int, re.findall(r"\b([1-5]\d\d|[14]\d\d\d)\b", said.partition("\ncodes\n")[2])))
    assert codes == {408, 409, 410, 413, 422, 501, 503, 1009, AWAY, RESTARTS, LATER, *APART.values()}
    options = re.findall(r"^  --(\w+) ", said, re.M)
    assert options[-len(Limits._fields) :] == list(Limits._fields)
    assert max(map(len, said.splitlines())) <= 82


def test_a_session_that_an_older_server_kept_is_gone_and_not_misread():
    """It had no digests between its states."""
    app = application(LETTER)
    service, step = app.state.service, app.state.service.step
    asyncio.run(service.store.swap("old", None, b"".join(step.pack(step.start(), number) for number in range(4))))
    assert asked(app, ("GET", "/sessions/old"))[0].status_code == sent(app, "/sessions/old", 3, "a").status_code == 410
