"""What a mounted explorer shows, read from its page; the same for every explorer."""

import re

NUMBER = re.compile(r"−?\d+(\.\d+)?")
STATE = re.compile(r"(?:table:)?h:(\d+)(?::(\d+))?")
CELLS = "(card) => [...card.querySelectorAll('[data-cell]')].map((n) => [n.dataset.cell, n.dataset.h ?? n.textContent])"
FIELDS = "(card) => [...card.querySelectorAll('input[data-field]')].map((f) => [f.dataset.field, f.value])"
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"

# The notebook's own module, twice on a model that stands for a kernel's: every change is told by itself.
MODEL = """async ([source, traits, style]) => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
    const it = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const listeners = {};
    window.saved = 0;
    window.model = {
        get: (name) => traits[name],
        set: (name, value) => {
            traits[name] = value;
            [...listeners[`change:${name}`] ?? []].forEach((tell) => tell());
        },
        on: (event, tell) => { (listeners[event] ??= []).push(tell); },
        off: (event, tell) => { listeners[event] = (listeners[event] ?? []).filter((one) => one !== tell); },
        save_changes: () => { saved += 1; },
    };
    window.heard = () => Object.values(listeners).flat().length;
    window.views = [1, 2].map(() => {
        const el = document.body.appendChild(document.createElement("div"));
        return { el, leave: it.default.render({ model, el }) };
    });
}"""


def card_of(page, k=0):
    """The k-th card, with what it computes with: that is loaded when a card comes near."""
    page.wait_for_selector(".rk-card")
    page.wait_for_function("!document.querySelector('.rk-waiting')")
    card = page.locator(".rk-card").nth(k)
    if card.evaluate("(card) => card.matches('.rk-loading') && card.getBoundingClientRect().top > innerHeight + 500"):
        card.scroll_into_view_if_needed()
    page.wait_for_function("(card) => !card.matches('.rk-loading')", arg=card.element_handle())
    settle(page)
    return card


def settle(page):
    """Changes are drawn in the next frame."""
    page.evaluate(FRAMES)


def number(text):
    assert NUMBER.fullmatch(text), f"{text!r} is no number with a true minus sign"
    return float(text.replace("−", "-"))


def cells(card):
    """Name and text of every number shown; a name can stand for one number only."""
    settle(card.page)
    pairs = card.evaluate(CELLS)
    assert len(dict(pairs)) == len(pairs), "two numbers bear one name"
    return dict(pairs)


def fields(card):
    settle(card.page)
    return dict(card.evaluate(FIELDS))


def step_of(card):
    settle(card.page)
    return int(card.locator(".rk-where").get_attribute("data-where"))


def state(card):
    """All that a card shows of its traits."""
    return fields(card), cells(card), step_of(card)


def said(card):
    settle(card.page)
    return card.locator(".rk-say").inner_text()


def act(card, name):
    card.locator(f"[data-act={name}]").click(force=True)  # one that is off can be pressed, and does nothing
    settle(card.page)


def turned(field):
    """The page key that can change this field: down, or up from its lowest number."""
    low, now = (float(field.get_attribute(f"aria-value{end}")) for end in ("min", "now"))
    return "PageDown" if now > low else "PageUp"


def first_field(card):
    """The first number with decimals."""
    found = card.locator("input[data-field][inputmode='decimal']:visible").first
    if not found.count():  # it may be folded
        card.evaluate("(one) => one.querySelectorAll('.rk-all').forEach((fold) => { fold.open = true; })")
    return found


def press(card, *keys, on=None):
    """Keys on the card itself, or on one of its controls."""
    (on or card).focus()
    for key in keys:
        card.page.keyboard.press(key)
        settle(card.page)


def answer(card):
    """Answer whatever is asked, rightly or not."""
    if card.locator("[data-answer]").count():
        card.locator("[data-answer]").first.click()
    elif card.locator("[data-sign]").count():
        for group in card.locator(".rk-sign:has([data-sign])").all():
            group.locator("[data-sign]").first.click()
    else:
        for guess in card.locator(".rk-guess").all():
            guess.fill("0.5")
        card.locator(".rk-primary").click()
    settle(card.page)


def assert_states(card_cells, states):
    """Every state shown is rnnkit's, to its own last decimal; returns how many there were."""
    count = 0
    for name, text in card_cells.items():
        where = STATE.fullmatch(name)
        if where and text != "?":
            digits = len(text.partition(".")[2])
            assert digits >= 2, f"{name} shows {text}"
            want = states[int(where[1]), int(where[2] or 0)]
            assert abs(number(text) - want) <= 0.5 * 10**-digits + 1e-9, f"{name} shows {text}, rnnkit has {want}"
            count += 1
    return count


def open_fold(card):
    card.locator(".rk-more summary").click()
    card.locator(".rk-more table").wait_for()
    settle(card.page)
