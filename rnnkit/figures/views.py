"""One thing in several views, a bet on what they show, and what is so."""

import html
from collections.abc import Mapping
from hashlib import sha256

from rnnkit import checks
from rnnkit.figures.look import colours
from rnnkit.figures.svg import FIGURE, Figure

# No script: views and bets are radio buttons, whose arrow keys the browser knows, and an open <details> tells. Print
# shows all views, and what is so.
VIEWS = """
.rk-views { max-width: 720px; color: var(--rk-ink, inherit); }
.rk-views p { margin: 0 0 0.5rem; }
.rk-views [role=radiogroup] { display: flex; flex-wrap: wrap; gap: 0 0.25rem; align-items: center;
  margin: 0 0 0.5rem; }
.rk-views [role=radiogroup] > label { display: inline-flex; align-items: center; justify-content: center;
  min-width: 2.75rem; min-height: 2.75rem; padding: 0 0.6rem; cursor: pointer; }
.rk-views input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rk-views input:checked + label { font-weight: 600; box-shadow: inset 0 -2px INK; }
.rk-views input:focus-visible + label { outline: 2px solid INK; outline-offset: -3px; }
.rk-views .rk-look { min-height: 3.2em; }
.rk-views .rk-bet > label { border: 1px solid BASELINE; border-radius: 6px; margin-right: 0.25rem; }
.rk-views .rk-bet > input:checked + label { border-color: INK; box-shadow: inset 0 0 0 1px INK; }
@supports selector(:has(*)) { .rk-views .rk-view { display: none; } }
.rk-views summary { width: fit-content; margin: 0 0 0.75rem; padding: 0.6rem 1rem; border: 1px solid BASELINE;
  border-radius: 6px; cursor: pointer; font-weight: 600; }
.rk-views details p { padding: 0.25rem 0.6rem; border-left: 3px solid transparent; }
@media print {
  .rk-views [role=radiogroup], .rk-views summary { display: none; }
  .rk-views .rk-view { display: block !important; }
  .rk-views .rk-look { min-height: 0; }
  .rk-figure.rk-views { break-inside: auto; }
  .rk-views .rk-view { break-inside: avoid; }
}
"""


class Views:
    """Several figures of one thing, one of which is seen at a time; a bet; then what is so, with the bet marked.

    Parameters
    ----------
    question : str
        What to bet on, in a sentence.
    views : mapping of str to Figure
        By the names under which they are chosen; the first is seen at the beginning. Their captions stand below them.
    bets : mapping of str to str
        What can be bet, and what is then told of it, as HTML.
    button : str
        What shows that.
    caption : str
        What to look for, in a sentence.

    Raises
    ------
    ValueError
        If there are fewer than two views or bets, or a text is empty.

    Examples
    --------
    >>> look = {name: Figure(lambda ax: ax.plot([1, 2]), alt="a line", caption="Look.") for name in ("loss", "date")}
    >>> views = Views("Which?", look, {"A": "Sound.", "B": "Broken."}, "Uncover", "Bet first.")
    >>> views._repr_html_().count('type="radio"')
    4
    """

    def __init__(self, question: str, views: Mapping[str, Figure], bets: Mapping[str, str], button: str, caption: str):
        self.question, self.button, self.caption = question, button, caption
        self.views, self.bets = dict(views), dict(bets)
        for name in ("question", "button", "caption"):
            if not getattr(self, name).strip():
                raise checks.wrong(f"{name} is empty", "text", "a caption says what to look for.")
        for name in ("views", "bets"):
            if (count := len(getattr(self, name))) < 2:
                raise checks.wrong(f"{name} has {count}", "2 or more", "a reader chooses among them.")

    def _repr_html_(self) -> str:
        style = VIEWS
        for word, token in (("INK", "ink"), ("BASELINE", "baseline")):
            style = style.replace(word, f"var(--rk-{token}, {colours()[token]})")
        key = "rk-" + sha256(repr((self.question, *self.views, *self.bets)).encode()).hexdigest()[:8]
        seen = ""
        for k, figure in enumerate(self.views.values()):
            style += f".rk-views:has(#{key}-{k}:checked) > #{key}-{k}-view {{ display: block; }}\n"
            seen += (
                f'<div class="rk-view" id="{key}-{k}-view"><div class="rk-wide">{figure.wide}</div>'
                f'<div class="rk-narrow">{figure.narrow}</div>'
                f'<p class="rk-look">{html.escape(figure.caption)}</p></div>'
            )
        told = ""
        for k, (bet, words) in enumerate(self.bets.items()):
            mark = f".rk-views:has(#{key}-bet-{k}:checked) #{key}-bet-{k}-told"
            style += f"{mark} {{ border-color: var(--rk-ink, {colours()['ink']}); }}\n"
            style += f'{mark}::before {{ content: "Your bet. "; font-style: italic; }}\n'
            told += f'<p id="{key}-bet-{k}-told"><b>{html.escape(bet)}</b> {words}</p>'
        views = self._radios(key, "View", list(self.views), True)
        bets = self._radios(f"{key}-bet", self.question, list(self.bets), False)
        return (
            f'<figure class="rk-figure rk-views"><style>{FIGURE}{style}</style>{views}{seen}'
            f"<p>{html.escape(self.question)}</p>{bets}"
            f"<details><summary>{html.escape(self.button)}</summary>{told}</details>"
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )

    def _radios(self, key: str, what: str, names: list[str], chosen: bool) -> str:
        fields = "".join(
            f'<input type="radio" name="{key}" id="{key}-{k}"{" checked" * (chosen and k == 0)} autocomplete="off">'
            f'<label for="{key}-{k}">{html.escape(name)}</label>'
            for k, name in enumerate(names)
        )
        look = "rk-pick" if chosen else "rk-bet"
        return f'<div class="{look}" role="radiogroup" aria-label="{html.escape(what)}">{fields}</div>'
