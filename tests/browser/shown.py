"""What a mounted State Stepper shows, and what rnnkit says it should show."""

import re

import numpy as np

NUMBER = re.compile(r"−?\d+(\.\d+)?")
FIELDS = "(card) => [...card.querySelectorAll('[data-edit]')].map((f) => [f.dataset.edit, Number(f.value)])"
CELLS = "(card) => [...card.querySelectorAll('[data-cell]')].map((n) => [n.dataset.cell, n.textContent])"


def number(text):
    assert NUMBER.fullmatch(text), f"{text!r} is no number with a true minus sign"
    return float(text.replace("−", "-"))


def commit(card):
    card.get_by_role("button", name="Show me without predicting").click()


def cells(card):
    """Name and text of every number shown, in order; a name can stand for one number only."""
    pairs = card.evaluate(CELLS)
    assert len(dict(pairs)) == len(pairs), "two numbers bear one name"
    return dict(pairs)


def parameters(card):
    """W_ih, W_hh, b and x, read from the page's own fields, and the chosen unit."""
    fields = dict(card.evaluate(FIELDS))
    hidden = int(card.get_by_label("Units H").input_value())
    steps = int(card.get_by_label("Steps T").input_value())
    columns = sum(name.startswith("W_ih[1,") for name in fields)
    W = np.array([[fields[f"W_ih[{j},{i}]"] for i in range(1, columns + 1)] for j in range(1, hidden + 1)])
    U = np.array([[fields[f"W_hh[{j},{k}]"] for k in range(1, hidden + 1)] for j in range(1, hidden + 1)])
    b = np.array([fields[f"b[{j}]"] for j in range(1, hidden + 1)])
    suffixes = [f", {i}" for i in range(1, columns + 1)] if columns > 1 else [""]
    x = np.array([[fields[f"x at step {t}{s}"] for s in suffixes] for t in range(1, steps + 1)])
    return W, U, b, x


def expected(W, U, b, x, h, step, unit):
    """Every number that the page must show at this step, by its name; h (T+1, H) comes from rnnkit."""
    (T, I), H, j = x.shape, len(b), unit - 1
    want = {f"{place}:{t}:{k}": h[t, k] for place in ("heat:h", "table:h") for t in range(T + 1) for k in range(H)}
    inputs = [(t, i) for t in range(1, T + 1) for i in range(I)]
    want |= {f"{place}:{t}:{i}": x[t - 1, i] for place in ("graph:x", "table:x") for t, i in inputs}
    want |= {f"rolled:h:{k}": h[step, k] for k in range(H)}
    weights = np.concatenate([W[j], U[j]])
    want |= {f"sum:weight:{k}": w for k, w in enumerate(weights)} | {"sum:bias": b[j], "sum:h": h[step, j]}
    if step == 0:
        return want
    values = np.concatenate([x[step - 1], h[step - 1]])
    want |= {f"rolled:x:{i}": x[step - 1, i] for i in range(I)}
    want |= {f"sum:value:{k}": v for k, v in enumerate(values)}
    want |= {f"sum:product:{k}": v for k, v in enumerate(weights * values)}
    return want | {"sum:a": weights @ values + b[j]}


def assert_shows(card, want, step):
    shown = {name: text for name, text in cells(card).items() if text != "–"}
    assert shown.keys() == want.keys()
    for name, text in shown.items():
        where = f"t = {step}: {name} shows {text}, rnnkit has {want[name]}"
        assert abs(number(text) - want[name]) <= 0.0005 + 1e-9, where
        if not name.startswith(("graph:x", "table:x", "rolled:x")):
            assert len(text.split(".")[1]) == 3, f"{name} shows {text}, not three decimals"


def card_of(page, k=0):
    page.wait_for_selector(".rk-card")
    return page.locator(".rk-card").nth(k)


def step_of(card):
    return int(card.get_by_role("slider", name="Step").input_value())


def wait_for_note(page, text):
    page.wait_for_function(f"document.querySelector('.rk-note').textContent.includes('{text}')", timeout=3000)
