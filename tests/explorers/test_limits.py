"""limits.json as traits: what Python refuses, in which words, and that the page refuses the same."""

import json
import subprocess
import sys

import numpy as np
import pytest
import traitlets
from engines import ask, plain, random_traits, slug
from ipywidgets import FloatSlider, IntSlider, VBox, link

from rnnkit.explorers import EXPLORERS

EVERY = [(kind, name) for kind in EXPLORERS for name in kind.limits.traits]
CHOICES = [(kind, name) for kind, name in EVERY if "choices" in kind.limits.traits[name]]
TRAITS = [(kind, name) for kind, name in EVERY if not {"letters", "choices"} & kind.limits.traits[name].keys()]
TEXTS = [(kind, name) for kind, name in EVERY if "letters" in kind.limits.traits[name]]
SCALARS = [(kind, name) for kind, name in TRAITS if "axes" not in kind.limits.traits[name]]
ARRAYS = [(kind, name) for kind, name in TRAITS if "axes" in kind.limits.traits[name]]


def named(value):
    return getattr(value, "slug", value)


def deep(value, depth):
    return value if depth == 0 else [deep(value, depth - 1)]


def wrong(kind, name):
    """Values that this trait may not have, by what is wrong with them."""
    limit = kind.limits.traits[name]
    axes = limit.get("axes", ())
    value = np.array(limit["low"] if limit["default"] is None else getattr(kind(), name), dtype=float)
    spoilt = {"nan": np.nan, "infinity": np.inf, "too low": limit["low"] - 1}
    if not isinstance(limit["high"], str):
        spoilt["too high"] = limit["high"] + 1
    cases = {}
    for why, number in spoilt.items():
        array = value.copy()
        array.flat[-1] = number
        cases[why] = array if axes else float(number) if not limit.get("whole") else number
    cases["text"] = "two"
    if not limit.get("none"):
        cases["nothing"] = None
    cases["one axis too many"] = [np.asarray(value).tolist()]
    if axes:
        cases["empty"] = []
        cases["a number"] = 1
    else:
        cases["a truth"] = True
        if limit.get("whole"):
            cases["a half"] = 0.5
    if len(axes) == 2:
        cases["ragged"] = [[1, 2], [3]]
    return cases


def wrong_texts(kind, name):
    """The same for a text."""
    (letter,) = kind.limits.traits[name]["axes"]
    most = kind.limits.sizes[letter][1]
    cases = {"a number": 1, "nothing": None, "bytes": b"print", "a list": ["a"], "too long": "a" * (most + 1)}
    others = {"no ASCII": "é", "a tab": "\t", "a zero": "\0", "half a pair": "\ud83d", "a line separator": "\u2028"}
    return cases | {why: f"ab{letter}" for why, letter in others.items()}


def wrong_choices(kind, name):
    """The same for one of some words."""
    first = kind.limits.traits[name]["choices"][0]
    return {
        "a number": 1,
        "nothing": None,
        "a list": [first],
        "another case": first.title(),
        "another word": "zzz",
        "empty": "",
    }


def wrong_values(kind, name):
    makers = [(CHOICES, wrong_choices), (TEXTS, wrong_texts), (TRAITS, wrong)]
    return next(make for group, make in makers if (kind, name) in group)(kind, name)


@pytest.mark.parametrize(("kind", "name"), EVERY, ids=named)
def test_a_wrong_value_is_one_sentence_and_leaves_no_trace(kind, name):
    one = kind()
    before = one.traits_for_page()
    for why, value in wrong_values(kind, name).items():
        messages = []
        for attempt in (lambda value=value: kind(**{name: value}), lambda value=value: setattr(one, name, value)):
            with pytest.raises(traitlets.TraitError) as caught:
                attempt()
            messages.append(str(caught.value))
        assert messages[0] == messages[1], why
        assert name in messages[0], why
        assert " expects " in messages[0], why
        assert ", but " in messages[0], why
        assert messages[0].endswith("."), why
        assert one.traits_for_page() == before, why


@pytest.mark.parametrize(("kind", "name"), ARRAYS, ids=named)
def test_a_place_in_an_array_is_named(kind, name):
    value = np.array(getattr(kind(), name), dtype=float)
    value.flat[-1] = np.nan
    place = ", ".join(str(n - 1) for n in value.shape)
    low, high = (f"{kind.limits.traits[name][end]:g}" for end in ("low", "high"))
    want = f"{name} expects finite numbers from {low} to {high}, but {name}[{place}] is nan. Replace it, or rescale"
    with pytest.raises(traitlets.TraitError) as caught:
        kind(**{name: value})
    assert str(caught.value).startswith(want)


@pytest.mark.parametrize(("kind", "name"), ARRAYS, ids=named)
def test_an_array_that_does_not_fit_the_others_says_how(kind, name):
    value = np.array(getattr(kind(), name), dtype=float)
    axes = kind.limits.traits[name]["axes"]
    others = {axis for other, limit in kind.limits.traits.items() if other != name for axis in limit.get("axes", ())}
    alone = not others & set(axes)  # then there is nothing to fit to but the limits
    longer = [kind.limits.sizes[axis][1] + 1 for axis in axes] if alone else [n + 1 for n in value.shape]
    with pytest.raises(traitlets.TraitError, match=r"(give all of .* together|draws no more than that)"):
        kind(**{name: np.zeros(longer)})


@pytest.mark.parametrize(("kind", "name"), ARRAYS, ids=named)
def test_numbers_cannot_be_changed_unseen(kind, name):
    one = kind()
    value = getattr(one, name)
    with pytest.raises(TypeError):
        value[0] = 0.9
    array = np.array(value, dtype=float)
    array.flat[0] = 0.5
    setattr(one, name, array)
    assert np.array(getattr(one, name)).flat[0] == 0.5


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_an_unknown_trait_names_the_nearest(kind):
    name = next(iter(kind.limits.traits))
    near = "step" if len(name) == 1 else name
    with pytest.raises(TypeError, match=rf"{kind.__name__} has no trait {near}x\. Did you mean {near}\?"):
        kind(**{f"{near}x": 1})
    with pytest.raises(TypeError, match=rf"{kind.__name__} has no trait zzzz\. It has .*committed.*name"):
        kind(zzzz=1)


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_all_traits_change_together(kind):
    rng, one = np.random.default_rng(0), kind()
    for _ in range(20):
        traits = random_traits(kind, rng)
        with one.hold_trait_notifications():
            for name, value in traits.items():
                setattr(one, name, value)
        got = plain({name: getattr(one, name) for name in traits})
        assert got == plain(traits)


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_traits_are_observed_and_linked(kind):
    one, seen = kind(), []
    name = next(n for k, n in SCALARS if k is kind)
    whole = kind.limits.traits[name].get("whole")
    slider = (IntSlider if whole else FloatSlider)(min=-100, max=100)
    one.observe(lambda change: seen.append(change.new), name)
    connection = link((one, name), (slider, "value"))
    slider.value = kind.limits.traits[name]["low"]
    assert getattr(one, name) == seen[-1] == slider.value
    connection.unlink()
    assert VBox([one, slider]).children[0] is one


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_extremes_are_allowed_and_their_defaults_fit(kind):
    assert kind.limits.extremes
    for extreme in kind.limits.extremes:
        kind(**extreme)


def spoil(kind, traits, rng):
    """One thing made wrong, perhaps."""
    name = rng.choice(list(traits))
    limit = kind.limits.traits[name]
    if "choices" in limit:
        return traits | {name: str(rng.choice([*limit["choices"], "zzz", ""]))}
    if "letters" in limit:
        (letter,) = limit["axes"]
        return traits | {name: traits[name] + rng.choice(["", "\t", "é", "a" * (kind.limits.sizes[letter][1] + 1)])}
    value = np.array(limit["low"] if traits[name] is None else traits[name], dtype=float)
    high = limit["high"] if not isinstance(limit["high"], str) else 99
    what = rng.integers(0, 6)
    if what == 0:
        value.flat[rng.integers(0, value.size)] = high + rng.choice([0, 1e-6, 1])
    elif what == 1:
        value.flat[rng.integers(0, value.size)] = limit["low"] - rng.choice([0, 1e-6, 1])
    elif what == 2 and value.ndim:
        value = np.concatenate([value, value[:1]])
    elif what == 3 and value.ndim:
        value = value[1:]
    elif what == 4 and value.ndim == 2:
        value = np.concatenate([value, value[:, :1]], axis=1)
    elif what == 5 and limit.get("whole"):
        value = value + 0.5
    if limit.get("whole") and float(value).is_integer():
        value = int(value)
    return traits | {name: value if np.ndim(value) else value if isinstance(value, int) else float(value)}


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_the_page_refuses_what_python_refuses(kind):
    rng, refused = np.random.default_rng(1), 0
    for _ in range(400):
        traits = spoil(kind, random_traits(kind, rng), rng)
        try:
            kind(**traits)
            python = True
        except traitlets.TraitError:
            python = False
        page = ask("(traits) => shared_traits.check(it.limits, traits)", plain(traits), kind=kind)
        assert (page == "") == python, (traits, page)
        refused += not python
    assert 50 < refused < 350


@pytest.mark.parametrize("kind", EXPLORERS, ids=slug)
def test_what_the_page_has_is_what_python_has(kind):
    limits = json.loads((kind.folder / "limits.json").read_text("utf-8"))
    assert ask("() => it.limits", kind=kind) == limits


def test_rnnkit_alone_needs_no_explorer():
    code = "import sys, rnnkit; print({'anywidget', 'ipywidgets', 'py_mini_racer', 'traitlets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("lost", ["anywidget", "py_mini_racer"])
def test_without_the_extras_the_error_says_what_to_install(lost):
    code = f"import sys; sys.modules['{lost}'] = None; import rnnkit.explorers"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"needs {lost}, which is not installed. Run: pip install anywidget mini-racer" in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: rnnkit.explorers")
