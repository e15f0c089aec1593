"""Explorers without a browser: their JavaScript through V8, their traits, their errors, what a page gets of them."""

import html
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import traitlets
from ipywidgets import IntSlider, VBox, link
from py_mini_racer import MiniRacer

import rnnkit.explorers
from rnnkit.cells import rnn
from rnnkit.explorers import EXPLORERS, StateStepper, page_script, page_style, page_tokens
from rnnkit.explorers.base import SHARED, read
from rnnkit.unroll import project

HERE = Path(rnnkit.explorers.__file__).parent


@pytest.fixture(scope="module")
def js():
    engine = MiniRacer()
    engine.eval(f"{read(SHARED)}\nvar it = {StateStepper.module()};")
    for name in ("derive", "check", "words", "table", "picture", "still", "judge", "python"):
        engine.eval(f"var {name} = (...given) => it.{name}(...given);")
    engine.eval(
        "var decode = (...given) => decodeLink(it, ...given); var encode = (...given) => encodeLink(it, ...given);"
    )
    return engine


def random_traits(rng, most_steps=12):
    H, I, T = (int(rng.integers(1, n + 1)) for n in (4, 4, most_steps))
    size = 1 / np.sqrt(H)
    shapes = {"weight_ih": (H, I), "weight_hh": (H, H), "bias": (H,), "inputs": (T, I)}
    numbers = {name: rng.uniform(-size, size, shape) for name, shape in shapes.items()}
    return numbers, {"step": int(rng.integers(0, T + 1)), "unit": int(rng.integers(1, H + 1)), "committed": True}


def plain(numbers):
    return {name: array.tolist() for name, array in numbers.items()}


def test_single_steps_agree_with_rnnkit_to_1e_12(js):
    rng = np.random.default_rng(0)
    for _ in range(200):
        numbers, _ = random_traits(rng)
        h, x = rng.uniform(-1, 1, len(numbers["bias"])), numbers["inputs"][0]
        p = {**numbers, "bias_ih": numbers["bias"], "bias_hh": np.zeros_like(numbers["bias"])}
        (want,), _ = rnn.step(p, project(rnn, p, x[None, None])[0], (h[None],))
        given = [*(numbers[name] for name in ("weight_ih", "weight_hh", "bias")), x, h]
        got = js.call("rnnStep", *(array.tolist() for array in given))
        assert np.abs(np.array(got["h"]) - want[0]).max() <= 1e-12
        assert np.abs(np.tanh(got["a"]) - got["h"]).max() <= 1e-12


def test_rollouts_that_contract_agree_too(js):
    rng = np.random.default_rng(1)
    for _ in range(50):
        numbers, rest = random_traits(rng)
        numbers["weight_hh"] *= 0.9 / max(1e-9, np.linalg.norm(numbers["weight_hh"], 2))
        got = js.call("derive", {**plain(numbers), **rest})["states"]
        assert np.abs(np.array(got) - StateStepper(**numbers).states).max() <= 1e-12


def test_states_are_torchs():
    torch = pytest.importorskip("torch")
    numbers, _ = random_traits(np.random.default_rng(2))
    net = torch.nn.RNN(numbers["inputs"].shape[1], len(numbers["bias"]), dtype=torch.float64)
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh"):
            getattr(net, f"{name}_l0").copy_(torch.as_tensor(numbers[name]))
        net.bias_ih_l0.copy_(torch.as_tensor(numbers["bias"]))
        net.bias_hh_l0.zero_()
        want = net(torch.as_tensor(numbers["inputs"]))[0].numpy()
    states = StateStepper(**numbers).states
    assert (states[0] == 0).all()
    assert np.abs(states[1:] - want).max() <= 1e-12


def test_the_default_answers_have_i_seen_a_1():
    """Unit 1 by its sign, unit 2 one step later, for every sequence of zeros and ones up to twelve steps."""
    one = StateStepper()
    p = {"weight_ih": np.array(one.weight_ih), "weight_hh": np.array(one.weight_hh)}
    xs = np.array(list(itertools.product([0.0, 1.0], repeat=12))).T[..., None]  # (12, 4096, 1)
    h, seen = np.zeros((4096, 2)), np.zeros(4096, bool)
    for t, x in enumerate(xs):
        seen_before, seen = seen, seen | (x[:, 0] == 1)
        h = np.tanh(x @ p["weight_ih"].T + h @ p["weight_hh"].T + np.array(one.bias))
        assert ((h[:, 0] > 0) == seen).all()
        assert t == 0 or ((h[:, 1] > 0) == seen_before).all()


def test_its_answer_to_the_opening_question_is_neither_the_input_nor_memoryless():
    one = StateStepper()
    x, h = one.inputs[2], one.states[3]
    alone = np.tanh(np.array(one.weight_ih) @ x + one.bias)
    assert np.abs(h - x).min() > 0.1
    assert np.abs(h - alone).min() > 0.1


BAD = [
    (
        {"weight_hh": [[1, 2], [float("nan"), 3]]},
        r"weight_hh expects finite numbers from -99 to 99, but weight_hh\[1, 0\] is nan\. Replace it",
    ),
    ({"inputs": [[0], [float("inf")]]}, r"inputs expects finite numbers .* but inputs\[1, 0\] is inf\."),
    ({"bias": [100, 0]}, r"bias expects finite numbers .* but bias\[0\] is 100\."),
    (
        {"weight_hh": np.ones((3, 3))},
        r"weight_hh expects shape \(2, 2\) .* but got \(3, 3\)\. To change H or I, give all",
    ),
    ({"weight_ih": [[1, 2], [3, 4]]}, r"weight_ih expects shape \(2, 1\) .* but got \(2, 2\)\."),
    ({"bias": [0, 0, 0]}, r"expects shape \(3, .* but got \(2, "),
    ({"bias": [[0, 0]]}, r"bias expects shape \(H,\), but got shape \(1, 2\)\. Give a list of numbers"),
    ({"inputs": [0, 1]}, r"inputs expects shape \(T, I\), but got shape \(2,\)\. Give a list of rows"),
    ({"inputs": []}, r"inputs expects shape \(T, I\), but got shape \(0,\)\."),
    ({"inputs": [[0], [1, 2]]}, r"inputs expects numbers of shape \(T, I\), but got .* rows of equal length"),
    ({"weight_hh": "two"}, r"weight_hh expects numbers of shape \(H, H\), but got 'two'\."),
    ({"inputs": np.zeros((13, 1))}, r"the T of inputs expects 1 to 12, but got 13\. The explorer draws no more"),
    ({"bias": "ab"}, r"bias expects numbers of shape \(H,\), but got 'ab'\. Give a list of numbers\."),
    ({"step": 6}, r"step expects 0 to 5, but got 6\. There are 5 inputs"),
    ({"step": -1}, r"step expects 0 to 5, but got -1"),
    ({"unit": 3}, r"unit expects 1 to 2, but got 3\. Units are counted from 1"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_bad_input_raises_one_error_that_says_what_to_do(given, message):
    with pytest.raises(traitlets.TraitError, match=message):
        StateStepper(**given)
    stepper = StateStepper()
    before = stepper.traits_for_page()
    ((name, value),) = given.items()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(stepper, name, value)
    assert stepper.traits_for_page() == before, "what was refused leaves no trace"


def test_traits_are_observable_linked_and_laid_out():
    stepper, slider, seen = StateStepper(), IntSlider(max=5), []
    stepper.observe(lambda change: seen.append((change.name, change.new)), ["step", "weight_hh"])
    connection = link((stepper, "step"), (slider, "value"))
    slider.value = 4
    stepper.weight_hh = np.eye(2)
    assert (stepper.step, seen) == (4, [("step", 4), ("weight_hh", ((1.0, 0.0), (0.0, 1.0)))])
    stepper.step = 1
    assert slider.value == 1
    connection.unlink()
    assert VBox([stepper, slider]).children[0] is stepper


def test_all_shapes_change_together_and_take_step_and_unit_along():
    stepper = StateStepper(step=5, unit=2)
    with stepper.hold_trait_notifications():
        stepper.weight_ih, stepper.weight_hh, stepper.bias, stepper.inputs = [[1, 2]], [[3]], [4], [[5, 6]]
    assert (stepper.step, stepper.unit, stepper.states.shape) == (1, 1, (2, 1))
    with pytest.raises(traitlets.TraitError, match="weight_hh expects shape"), stepper.hold_trait_notifications():
        stepper.weight_hh = np.ones((2, 2))
    assert stepper.weight_hh == ((3.0,),)


def test_a_number_cannot_be_changed_unseen():
    stepper = StateStepper()
    with pytest.raises(TypeError):
        stepper.weight_hh[0][0] = 0.9
    with pytest.raises(TypeError):
        stepper.bias[0] = 0.9
    weights = np.array(stepper.weight_hh)  # as the docstring tells
    weights[0, 0] = 0.9
    stepper.weight_hh = weights
    assert stepper.weight_hh == ((0.9, 0.0), (2.0, 0.0))


def test_an_unknown_trait_is_one_error_that_names_the_nearest():
    with pytest.raises(TypeError, match=r"StateStepper has no trait wieght_hh\. Did you mean weight_hh\?"):
        StateStepper(wieght_hh=np.eye(2))
    with pytest.raises(TypeError, match=r"has no trait zzz\. It has bias, committed, inputs, name,"):
        StateStepper(zzz=1)


def test_a_notebook_gets_the_widget_and_a_page_its_html():
    data, _ = StateStepper()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    page = data["text/html"]
    traits = json.loads(html.unescape(re.search(r'data-traits="([^"]*)"', page)[1]))
    assert traits == json.loads(json.dumps(StateStepper().traits_for_page()))
    assert "<script" not in page
    assert len(page) < 32_000


def test_the_still_picture_and_its_table_hold_rnnkits_numbers():
    rng = np.random.default_rng(4)
    for _ in range(5):
        numbers, rest = random_traits(rng)
        stepper = StateStepper(**numbers, **{**rest, "committed": False})
        parts = re.split(r'(?=<svg class="rk-svg rk-(?:wide|narrow))|(?=<table)', stepper.still())
        _, wide, narrow, table = parts
        for text, place in ((wide, "heat"), (narrow, "heat"), (table, "table")):
            shown = re.findall(rf'data-cell="{place}:h:(\d+):(\d+)" *>([^<]+)<', text)
            assert len(shown) == stepper.states.size
            for t, j, value in shown:
                assert abs(float(value.replace("−", "-")) - stepper.states[int(t), int(j)]) <= 0.0005 + 1e-9


def test_the_still_picture_shows_every_weight():
    """So that a reader can check it on paper; the picture of one step is no narrower than what stands in it."""
    rng = np.random.default_rng(9)
    for _ in range(5):
        numbers, rest = random_traits(rng)
        for picture in re.findall(r'<svg class="rk-svg rk-(?:wide|narrow).*?</desc>', StateStepper(**numbers).still()):
            assert int(re.search(r'width="(\d+)"', picture)[1]) >= (560 if "rk-wide" in picture else 300)
        parts = re.split(r'(?=<svg class="rk-svg rk-(?:wide|narrow))', StateStepper(**numbers, **rest).still())
        for picture in parts[1:]:
            for which, name in (("ih", "weight_ih"), ("hh", "weight_hh"), ("b", "bias")):
                shown = re.findall(rf'data-cell="weight:{which}:\d+:\d+" *>([^<]+)<', picture)
                got = np.array([float(text.replace("−", "-")) for text in shown]).reshape(numbers[name].shape)
                assert np.abs(got - numbers[name]).max() <= 0.0005 + 1e-9


def test_a_name_cannot_bring_markup_into_the_page():
    page = StateStepper(name='"><img src=x onerror=alert(1)>').to_html()
    assert "<img" not in page


def test_pictures_say_what_is_seen_and_keep_the_answer(js):
    state = js.call("derive", {**StateStepper().traits_for_page(), "marked": None})
    for text in [js.call("picture", state, width) for width in (640, 300)] + [
        js.call(f, state) for f in ("table", "words")
    ]:
        assert not [v for v in StateStepper().states[3:].ravel() if f"{abs(v):.3f}" in text]
    picture = js.call("picture", state, 640)
    assert 'role="img"' in picture
    assert "After step 2: h₁ = −0.708, h₂ = −0.525. After step 3: h₁ = ?, h₂ = ?." in picture


def test_links_restore_every_state(js):
    rng, own = np.random.default_rng(6), StateStepper().traits_for_page()
    for _ in range(50):
        numbers, rest = random_traits(rng)
        wanted = {**own, **plain(numbers), **rest}
        link = js.call("encode", "a name; with=signs", wanted, own)
        assert "committed" not in link, "whoever opens it predicts first"
        name, rest = link.split(";", 1)
        for text in (link, f"{name};{rest.replace(';', '%3B').replace('-', '%2D')}"):
            got = json.loads(json.dumps(dict(js.call("decode", text, own))))
            assert got == {**json.loads(json.dumps(wanted)), "committed": False}
    assert js.call("encode", "main", own, own) == "#state-stepper=main"


def test_links_that_are_noise_never_restore_a_state(js):
    rng, own = np.random.default_rng(7), StateStepper().traits_for_page()
    alphabet = list("0123456789.,-/;=eNaIinfwghtstp_%<>&\"'")
    for _ in range(500):
        noise = "".join(rng.choice(alphabet, int(rng.integers(1, 40))))
        found = js.call("decode", f"#state-stepper=main;weight_hh={noise}", own)
        if not isinstance(found, str):
            StateStepper(**{k: v for k, v in dict(found).items() if k != "name"})


@pytest.mark.parametrize(
    ("rest", "why"),
    [("step=2.5", "step is no whole number"), ("step=9", "there is no step 9"), ("step=%", "a percent sign in it")],
)
def test_a_link_is_refused_for_what_is_wrong_with_it(js, rest, why):
    found = js.call("decode", f"#state-stepper=main;{rest}", StateStepper().traits_for_page())
    assert found.startswith(why)


def test_each_unit_of_a_half_right_prediction_is_judged_by_itself(js):
    state = js.call("derive", {**StateStepper().traits_for_page(), "marked": None})
    h1, h2 = StateStepper().states[3]
    for guess, sentence in (
        ((1, h2), "h₂ is right to 0.05. Your h₁ is the input itself."),
        ((h1, 0), "h₁ is right to 0.05. Your h₂ is tanh(W_ih x + b). It leaves out W_hh"),
        ((h1, 2), "h₁ is right to 0.05. tanh never leaves"),
        ((-0.4, h2), "h₂ is right to 0.05. Step 3 in the sum below shows each term of h₁."),
    ):
        assert sentence in " ".join(js.call("judge", state, list(map(float, guess))))


def test_the_copied_python_reproduces_the_numbers(js):
    rng = np.random.default_rng(8)
    for _ in range(3):
        numbers, rest = random_traits(rng)
        space = {"print": lambda *_: None}
        exec(js.call("python", js.call("derive", {**plain(numbers), **rest})), space)
        assert np.abs(space["h"][:, 0] - StateStepper(**numbers).states).max() <= 1e-15


def test_the_page_script_is_classic_and_the_module_is_one():
    script = page_script(EXPLORERS)
    assert not re.search(r"^\s*(import|export)\b", script, re.M)
    stepper = StateStepper()
    exports = re.findall(r"^\s*(?:import|export)\b.*", stepper._esm, re.M)
    assert exports == ["export default { render: (at) => mount(it, at) };"]
    assert len(script) < 52_000
    assert len(page_style()) < 16_000


def test_one_file_names_the_colours():
    words = "black|white|red|green|blue|gray|grey|orange"
    colour = re.compile(rf"#[0-9a-fA-F]{{3,8}}\b|\b(?:rgb|hsl|lab|lch|oklch)a?\(|:\s*(?:{words})\b")
    for path in [*HERE.glob("*.js"), *HERE.glob("*.css"), *HERE.glob("*.py")]:
        if path.name != "tokens.css":
            assert not colour.search(path.read_text("utf-8")), f"{path.name} names a colour"


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


@pytest.mark.parametrize("theme", [0, 1])
def test_numbers_can_be_read_on_every_shade(js, theme):
    """A contrast of 4.5 at least, on every shade of the heat map, in the light and in the dark."""
    blocks = re.findall(r"\{([^{}]*)\}", page_tokens())
    named = re.findall(r"--rk-([a-z-]+): (#\w{6});", blocks[theme])
    rgb = {name: np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for name, code in named}
    for value in np.linspace(-1, 1, 201):
        cell = js.call("heatCell", 0, 0, 40, 30, float(value), "x")
        depth = float(re.search(r'fill-opacity="([\d.]+)"', cell)[1])
        ground = luminance((1 - depth) * rgb["page"] + depth * rgb["negative" if "rk-negative" in cell else "positive"])
        text = luminance(rgb["on-strong" if "rk-on-strong" in cell else "on-weak"])
        low, high = sorted((ground, text))
        assert (high + 0.05) / (low + 0.05) >= 4.5, value


def test_rnnkit_alone_needs_no_explorer():
    code = "import sys, rnnkit; print({'anywidget', 'ipywidgets', 'py_mini_racer', 'traitlets'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("lost", ["anywidget", "py_mini_racer"])
def test_without_the_extras_the_error_says_what_to_install(lost):
    code = f"import sys; sys.modules['{lost}'] = None; from rnnkit.explorers import StateStepper"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f'needs {lost}, which is not installed. Run: pip install "rnnkit[explorers]"' in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith("ModuleNotFoundError: rnnkit.explorers")


def test_every_style_closes_what_it_opens():
    for path in HERE.glob("*.css"):
        text = path.read_text("utf-8")
        assert text.count("{") == text.count("}") > 0, path.name


def test_the_readmes_picture_is_what_the_explorer_draws():
    """`make exercises` writes it anew."""
    committed = HERE.parents[1] / "book" / "_static" / "state-stepper.svg"
    drawn = StateStepper().to_svg()
    assert committed.read_text(encoding="utf-8") == drawn
    texts = [node.text for node in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    assert {f"{h:.3f}".replace("-", "−") for h in StateStepper().states.ravel()} <= set(texts)
