"""What a cell prints, joined as it was printed.

A kernel sends it in pieces, cut wherever its clock ticks, also between a line and its end. myst-nb ends each piece with
a line of its own, which puts blank lines where none were.
"""

from myst_nb.core import render


def joined(outputs):
    """The outputs, those of one stream as one, which ends with one newline."""
    streams, kept = {}, []
    for output in outputs:
        name = output["name"] if output["output_type"] == "stream" else None
        if name in streams:
            streams[name]["text"] += output["text"]
        else:
            kept.append(output)
            if name:
                streams[name] = output
    for output in streams.values():
        output["text"] = output["text"].rstrip() + "\n"
    return kept


def setup(app):
    render.coalesce_streams = joined
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
