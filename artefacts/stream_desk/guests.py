"""What guests of a restaurant type: sentences that name a table, and sentences with other digits, or with none."""

import numpy as np

from rnnkit.explorers.stream_desk.network import NONE, encode
from rnnkit.ops import Array

NAMING = (
    "we sit at table {}", "table {} here", "this is table {}", "i am at table {}", "we moved to table {}",
    "now at table {}", "hello, table {}", "hi, table {} please", "at table {}", "ok, table {} now",
    "good evening, table {}", "we are at table {} now", "table {}",
)  # fmt: skip
OTHER = (
    "{} coffees please", "can we have {} menus?", "it took {} minutes", "we are {} people", "{} more spoons",
    "page {}, the soup", "is there a table by the window?", "what is on the table?", "the soup is cold", "thank you",
    "some bread, please", "no onions", "and a glass of water", "it's number {} on the card", "we waited {} hours!",
    "one tea and {} cakes", "do you have rice?", "is the fish fresh?", "the bill, please", "how much is it?",
    "we like this place", "a clean fork, please", "with milk, no sugar", "for {} of us", "the children want ice",
    "a big table, isn't it", "table salt, please", "room {} is too loud", "could you open a window?", "take your time",
    "which wine goes with it?", "what do you recommend?", "that was good", "my friend comes at {}", "nothing for me",
)  # fmt: skip
ENDS = (". ", "! ", ", ", "? ")


def talk(length: int, often: float, rng: np.random.Generator) -> tuple[str, list[int]]:
    """A text, and the table that was named last after each symbol; half of them begin with one that names it.

    ``often`` is the share of the other sentences that name a table.
    """
    text, tables, now, first = "", [], NONE, rng.random() < 0.5
    while len(text) < length:
        names = rng.random() < often or (first and not text)
        phrase = str(rng.choice(NAMING if names else OTHER))
        place, digit = phrase.find("{}"), int(rng.integers(10))
        phrase = phrase.replace("{}", str(digit)) + str(rng.choice(ENDS))
        for k in range(len(phrase)):
            if names and k == place:
                now = digit
            tables.append(now)
        text += phrase
    return text[:length], tables[:length]


def talks(count: int, length: int, often: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Symbols and tables of so many texts, (length, count) each."""
    texts = [talk(length, often, rng) for _ in range(count)]
    return np.stack([encode(text) for text, _ in texts], 1), np.array([tables for _, tables in texts]).T
