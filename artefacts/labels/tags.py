"""The truth at each character of a Python source: which span it belongs to, by the library's own tokenizer."""

import io
import keyword
import tokenize
from itertools import pairwise
from typing import NamedTuple

KINDS = ("keyword", "definition", "call", "argument", "string", "number", "comment")
TAGS = ("O", *(f"{part}-{kind}" for kind in KINDS for part in "BI"))
LONGEST = 256


class Piece(NamedTuple):
    """Whole logical lines of a source, of at most 256 characters, and a tag for each character."""

    text: str
    tags: tuple[str, ...]


def tags(source: str) -> list[str]:
    """A tag for each character: B where a span begins, I where it goes on, O outside."""
    begins, found = starts(source), ["O"] * len(source)
    read = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in LAYOUT]
    depth = 0
    for k, token in enumerate(read):
        before, after = (read[j].string if 0 <= j < len(read) else "" for j in (k - 1, k + 1))
        depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        if kind := kind_of(token, before, after, depth):
            start, stop = (begins[row - 1] + column for row, column in (token.start, token.end))
            found[start:stop] = [f"B-{kind}", *[f"I-{kind}"] * (stop - start - 1)]
    return found


LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def kind_of(token: tokenize.TokenInfo, before: str, after: str, depth: int) -> str | None:
    """The kind of a token, which depends on what comes after it as well."""
    if token.type in PLAIN:
        return PLAIN[token.type]
    if token.type != tokenize.NAME:
        return None
    if keyword.iskeyword(token.string):
        return "keyword"
    if before in ("def", "class"):
        return "definition"
    if after == "(":
        return "call"
    return "argument" if after == "=" and depth and before in ("(", ",") else None


PLAIN = {tokenize.STRING: "string", tokenize.NUMBER: "number", tokenize.COMMENT: "comment"}


def starts(source: str) -> list[int]:
    """Where each line begins, and where the source ends."""
    found = [0]
    for line in source.splitlines(keepends=True):
        found.append(found[-1] + len(line))
    return found


def pieces(source: str) -> list[Piece]:
    """A source in pieces that begin and end outside of every string and bracket; longer logical lines are left out."""
    begins, tagged, cuts, depth = starts(source), tags(source), [0], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            depth += (token.string in tuple("([{")) - (token.string in tuple(")]}"))
        if token.type == tokenize.NEWLINE or (token.type == tokenize.NL and not depth):
            cuts.append(begins[min(token.start[0], len(begins) - 1)])
    spans: list[tuple[int, int]] = []
    for start, stop in pairwise(cuts):
        if stop - start > LONGEST:
            continue
        if spans and spans[-1][1] == start and stop - spans[-1][0] <= LONGEST:
            spans[-1] = spans[-1][0], stop
        else:
            spans.append((start, stop))
    return [Piece(source[a:b], tuple(tagged[a:b])) for a, b in spans if source[a:b].strip()]
