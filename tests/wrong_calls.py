"""What a wrong call is told: one test for each row of a table, ``{"what is wrong": (call, part of the message)}``.

Every message has one form: what came, what was expected, and a hint.
"""

import re

import pytest


def refused(calls, make=lambda call: call()):
    """A test for a file to keep under a name of its own; ``make`` makes the call of what stands in the table."""

    @pytest.mark.parametrize("name", calls)
    def test(name):
        call, message = calls[name]
        with pytest.raises(ValueError, match=re.escape(message)) as caught:
            make(call)
        assert re.fullmatch(r".+, expected .+[.?]", str(caught.value))

    return test
