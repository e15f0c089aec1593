"""Tunes in letters that readers choose by a slider, see and hear."""

import html
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from rnnkit import checks
from rnnkit.figures.look import colours, described

SCRIPT = Path(__file__).with_suffix(".js")
NOTE = re.compile(r"[A-Ga-g][1-9]?")

# Without a script, and on paper, all tunes stand below one another.
HEARD = """
.rk-heard { max-width: 720px; color: var(--rk-ink, inherit); font-variant-numeric: tabular-nums; }
.rk-heard .rk-set { display: none; flex-wrap: wrap; gap: 0 1rem; align-items: center; }
.rk-heard.rk-live .rk-set { display: flex; }
.rk-heard label { font-weight: 600; }
.rk-heard input { flex: 1 1 10rem; min-width: 0; height: 2.75rem; margin: 0; accent-color: INK; }
.rk-heard output { min-width: 2.5rem; font-weight: 600; }
.rk-heard button { min-width: 6rem; min-height: 2.75rem; padding: 0 1rem; border: 0; border-radius: 6px; color: PAGE;
  background: INK; font: inherit; font-weight: 600; cursor: pointer; }
.rk-heard :is(input, button):focus-visible { outline: 2px solid INK; outline-offset: 2px; }
.rk-heard.rk-live .rk-name { display: none; }
.rk-heard pre { min-height: 13rem; margin: 0.5rem 0; padding: 0.75rem; overflow: hidden; color: inherit;
  background: transparent; border: 1px solid LINE; font-size: clamp(12px, 3.1vw, 16px); line-height: 1.75;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.rk-heard pre b { font-weight: inherit; }
.rk-heard pre b.rk-sounds { color: PAGE; background: POSITIVE; box-shadow: 0 0 0 2px POSITIVE; }
.rk-heard .rk-facts { min-height: 1.6em; margin: 0; }
@media print { .rk-figure.rk-heard { break-inside: auto; } .rk-heard .rk-tune { break-inside: avoid; }
  .rk-heard .rk-set { display: none !important; }
  .rk-heard .rk-tune[hidden], .rk-heard .rk-name { display: block !important; }
  .rk-heard pre { min-height: 0; } }
"""


class Heard:
    """Tunes of one setting after another: a slider chooses, the letters are shown, and a button plays them.

    The browser makes the sound, from no file, and none before the button is pressed. The note that sounds is marked.

    Parameters
    ----------
    setting : str
        What the slider sets, such as temperature.
    tunes : mapping of str to (str, str)
        By the value of the setting: the tune, in ABC, and what is true of it or of tunes like it, in a sentence.
    first : str
        The value at the beginning.
    alt : str
        What is seen and heard, for those who do neither.
    caption : str
        What to listen for, in a sentence.

    Raises
    ------
    ValueError
        If alt or caption is empty, there is no tune, or ``first`` is not one of them.

    Examples
    --------
    >>> heard = Heard("temperature", {"1": ("M:3/4\\nK:C\\nC2E2G2|\\n", "One bar.")}, "1", "A tune.", "How many beats?")
    >>> heard._repr_html_().count("<b>")
    3
    """

    def __init__(self, setting: str, tunes: Mapping[str, tuple[str, str]], first: str, alt: str, caption: str):
        described("tunes", alt, caption)
        self.setting, self.tunes, self.first, self.alt, self.caption = setting, dict(tunes), first, alt, caption
        if first not in self.tunes:
            raise checks.wrong(f"first is {first!r}", f"one of {list(self.tunes)}")

    def _repr_html_(self) -> str:
        style = HEARD
        for word in ("INK", "LINE", "PAGE", "POSITIVE"):
            style = style.replace(word, f"var(--rk-{word.lower()}, {colours()[word.lower()]})")
        key = "rk-" + sha256(repr((self.alt, self.tunes)).encode()).hexdigest()[:8]
        at = list(self.tunes).index(self.first)
        tunes = "".join(
            f'<div class="rk-tune" data-name="{html.escape(name)}"><p class="rk-name">{html.escape(self.setting)} '
            f'{html.escape(name)}</p><pre lang="zxx">{_marked(text)}</pre><p class="rk-facts">{html.escape(facts)}</p>'
            "</div>"
            for name, (text, facts) in self.tunes.items()
        )
        return (
            f'<figure class="rk-figure rk-heard" role="group" aria-label="{html.escape(self.alt)}">'
            f'<style>{style}</style><div class="rk-set"><label for="{key}">{html.escape(self.setting)}</label>'
            f'<input type="range" id="{key}" min="0" max="{len(self.tunes) - 1}" value="{at}" autocomplete="off">'
            f'<output for="{key}">{html.escape(self.first)}</output><button type="button">Play</button></div>'
            f"{tunes}<figcaption>{html.escape(self.caption)}</figcaption>"
            f"<script>{SCRIPT.read_text('utf-8')}</script></figure>"
        )


def _marked(text: str) -> str:
    """The text with a tag around each note; lines of the head have none."""
    return "\n".join(
        html.escape(line) if re.match("[A-Z]:", line) else _notes(line) for line in text.strip("\n").split("\n")
    )


def _notes(line: str) -> str:
    parts = NOTE.split(line)
    notes = [f"<b>{note}</b>" for note in NOTE.findall(line)] + [""]
    return "".join(html.escape(part) + note for part, note in zip(parts, notes, strict=True))
