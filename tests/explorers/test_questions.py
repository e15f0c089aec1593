"""What answers are worth: every kind of question."""

import pytest
from engines import ask, slug

from rnnkit.explorers import EXPLORERS

CREDIT = """(kind, said, truth, near) => shared_question.credit({ kind, near, right: () => truth, truth: () => truth },
    {}, said)"""


@pytest.mark.parametrize(
    ("kind", "said", "truth", "parts"),
    [
        ("choice", "No", "No", [1]),
        ("choice", "Yes", "No", [0]),
        ("sign", [1, -1], [0.3, 0.2], [1, 0]),
        ("number", [0.52, -0.9], [0.5, -0.5], [1, 0.5]),
        ("number", [-0.1, 0.55], [0.5, 0.5], [0, 1]),
        ("number", [0.04, -3], [-0.04, -0.889], [0, 0.5]),
        ("number", [0.02], [-0.02], [1]),
        ("paint", [None, True, True, False], [False, True, False, True], [1, 1, 0, 0]),
        ("paint", [], [False, True], [1, 0]),
    ],
)
def test_an_answer_is_worth_what_is_right_in_it(kind, said, truth, parts):
    assert ask(CREDIT, kind, said, truth, 0.0501) == parts


@pytest.mark.parametrize(
    ("parts", "text"),
    [([1], "1 of 1 right"), ([0.5, 0], "½ of 2 right"), ([1, 0.5], "1½ of 2 right"), ([0, 0, 0], "0 of 3 right")],
)
def test_a_score_counts_halves(parts, text):
    assert ask("shared_question.score", parts) == text


def test_a_comparison_names_each_number():
    question = "{ kind: 'number', near: 0.05, names: () => ['h₁', 'h₂', 'h₃'], truth: () => [0.5, -0.2, 0.3] }"
    code = f"""(said) => {{ const q = {question}; return shared_question.compare(q, {{}}, said,
        shared_question.credit(q, {{}}, said)); }}"""
    assert ask(code, [0.52, -0.9, -1]) == (
        "h₁: you said 0.52, it is 0.50: right. h₂: you said −0.90, it is −0.20: its sign is right. "
        "h₃: you said −1.00, it is 0.30: not its sign either."
    )


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_questions_know_their_answers(kind):
    """Of the default traits: a right answer exists, and a wrong one too."""
    code = """(traits) => it.questions.map((q) => {
        const s = it.derive({ ...traits, ui: {}, ghost: null });
        const all = q.kind === "choice" ? q.options : [q.truth(s), q.truth(s).map((v) => -v - 1)];
        const reply = (said) => shared_node.toText([q.reply(s, said, shared_question.credit(q, s, said))].flat());
        return { ask: q.ask(s), credits: all.map((said) => shared_question.credit(q, s, said)),
            replies: all.map(reply) };
    })"""
    for question in ask(code, kind().traits_for_page(), kind=kind):
        assert "?" in question["ask"]
        worth = [sum(parts) / len(parts) for parts in question["credits"]]
        assert max(worth) == 1
        assert min(worth) < 1


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_presets_and_the_challenge_fit_the_limits(kind):
    code = """(own) => [...(it.presets ?? []).map((p) => ({ ...own, ...it.base, ...p.set })),
        ...it.challenge ? [{ ...own, ...it.challenge.start }] : [],
        ...Array.from({ length: it.challenge?.cases ?? 0 }, (_, k) =>
            ({ ...own, ...it.challenge.start, ...it.challenge.load(k, { t: 1, want: "", got: "" }) }))]"""
    own = {name: getattr(kind(), name) for name in kind.limits.traits}
    for traits in ask(code, own, kind=kind):
        kind(**{name: value for name, value in traits.items() if name in own})


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_challenge_starts_unsolved_and_shows_its_first_failure(kind):
    if ask("() => it.challenge === undefined", kind=kind):
        pytest.skip("it has no challenge")
    own = {name: getattr(kind(), name) for name in kind.limits.traits}
    code = """(own) => Array.from({ length: it.challenge.cases }, (_, k) =>
        it.challenge.check({ ...own, ...it.challenge.start }, k))"""
    faults = ask(code, own, kind=kind)
    assert any(faults)
    assert all(fault is None or set(fault) >= {"t", "want", "got"} for fault in faults)
