"""The small networks of the page *What an answer rests on*: what they rest on was planted."""
