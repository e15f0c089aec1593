"""What no sentence to a student may look like. Every answer of the check in these tests goes through it."""

import re

UGLY = {
    "a doubled word": r"\b([A-Za-z]{2,}) \1\b",
    "doubled punctuation": r"[.,;:?!]\s*[.,;:?!]",
    "nothing before the punctuation": r"(?m)[a-z] [.,;:?!](?!\w)|^\W*[.,;:]",
    "a before a vowel": r"\b[Aa] (?!one|uni|us)[aeiou]",
    "two articles": r"\bterm the\b|\bthe the\b",
    "two prepositions": r"\bfor (with|for|your)\b",
    "a name of Python's": r"NoneType|<class|\*\*",
    "a comma before a bracket": r",\s*\)",
}
CODE = re.compile(r"\[[^\]]*\]|\.\.\.|\(\w+,\)|signature \(n\?\S+")  # indices, shapes, and NumPy's own words


def ugly(text: str) -> list[str]:
    """The names of what is wrong with a text."""
    prose = CODE.sub("x", text)
    return [name for name, pattern in UGLY.items() if re.search(pattern, prose)]
