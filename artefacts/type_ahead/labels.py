"""What holds after each character of a Python source, by the library's own tokenizer."""

import io
import tokenize

import numpy as np

Labels = dict[str, np.ndarray]
OF_TOKENS = ("single quotes", "comments and docstrings", "closes a single quote", "closes a bracket")
PREFIX = "rbfuRBFU"


def labels(source: str) -> Labels:
    """Labels of each character, as arrays of shape (len(source),).

    ``single quotes``
        1 from the opening ' of a string to the character before its closing one; strings in three or in double quotes
        are not meant.
    ``brackets``
        1 while a bracket is open, from the opening one to the character before the last closing one.
    ``indentation``
        How many spaces the line began with, of those read so far; 24 at most.
    ``place in the line``
        How many characters of the line have been read; 0 after its newline.
    ``comments and docstrings``
        1 in comments and in strings of three quotes.
    ``closes a single quote``, ``closes a bracket``
        1 where the next character does.

    Raises
    ------
    tokenize.TokenError, SyntaxError
        If it is not Python.
    """
    lines = source.split("\n")
    begins = np.cumsum([0, *(len(line) + 1 for line in lines)])
    found = {name: np.zeros(len(source), int) for name in OF_TOKENS}
    opened = np.zeros(len(source), int)
    for token in tokenize.generate_tokens(io.StringIO(source, newline="\n").readline):
        begin, end = (int(begins[row - 1]) + column for row, column in (token.start, token.end))
        if token.type == tokenize.STRING:
            _string(found, token.string, begin, end)
        elif token.type == tokenize.COMMENT:
            found["comments and docstrings"][begin:end] = 1
        elif token.type == tokenize.OP and token.string in tuple("([{"):
            opened[begin] = 1
        elif token.type == tokenize.OP and token.string in tuple(")]}"):
            opened[begin] = -1
            found["closes a bracket"][begin - 1] = 1
    places = [np.minimum(np.arange(1, len(line) + 2), len(line) + 1) for line in lines]
    spaces = [np.minimum(place, len(line) - len(line.lstrip(" "))) for place, line in zip(places, lines, strict=True)]
    for place in places:
        place[-1] = 0  # the newline
    return found | {
        "brackets": (np.cumsum(opened) > 0).astype(int),
        "indentation": np.minimum(np.concatenate(spaces)[: len(source)], 24),
        "place in the line": np.concatenate(places)[: len(source)],
    }


def _string(found: Labels, text: str, begin: int, end: int) -> None:
    """Mark one string of a source, from its first character to the one after its last."""
    quoted = text.lstrip(PREFIX)
    if quoted[:3] in ('"""', "'''"):
        found["comments and docstrings"][begin:end] = 1
    elif quoted[0] == "'":
        found["single quotes"][end - len(quoted) : end - 1] = 1
        found["closes a single quote"][end - 2] = 1
