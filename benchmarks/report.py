"""The figures as a page and a plot, both made from the JSON alone."""

import math
from typing import Any

from benchmarks.contenders import FACE, FORWARD, TORCH, TORCH_NN, TORCH_TRACE
from benchmarks.vocabulary import LIMITS

Results = dict[str, Any]

PREFACE = """\
A ratio is the median over the rounds of the ratios within a round, in which the contenders take turns in an order that
is drawn anew; the quartiles are of the same ratios, the milliseconds are medians. Everything is float32. Backward gives
the gradients of the parameters, the inputs and the initial state for the same ∂L/∂h; "forward" is a forward pass that
gradients could be asked of. "+ trace" reads every gate of every step between the two. On Linux the timed processes keep
the memory that they free (glibc's MALLOC_MMAP_MAX_=0 and no trimming): what is timed is the computing, and not how a
system hands out large arrays anew at each call. A target is met where the ratio, unrounded, is at most the limit."""

MEMORY = """\
What one LSTM's forward and backward add to the peak of the resident memory of a fresh process (`getrusage`'s
`ru_maxrss`, after minus before; imports, weights, inputs and a first tiny call are in what was there before)."""

MEMORY_ON_GPU = """\
What one LSTM's forward and backward allocate at their peak (`torch.cuda.max_memory_allocated`, minus what the weights
and the inputs take)."""


WORDS = """\
Embedding, LSTM and Linear; cross-entropy, clipping and Adam; one batch, in float32 and on one thread; {date}.
The memory is what making the model and two steps add to the peak."""

RAGGED = """\
Sequences of a quarter of T to T steps, right-padded under a mask or packed, over a full batch of the same shape;
{date}. (T, N, I, H): {sizes}."""

FACE_COST = """\
What a call of rnnkit on Torch adds to torch.nn's forward pass at S: {costs}. It is the same whatever the size: the
weights are looked at for a change, weights and inputs for NaN, inputs and start for their shapes; the ends are copied,
and what the trace is replayed from is noted. Against a pass of {fastest} µs that is much, from M on it is not."""

GROWTH = """\
An LSTM's forward and backward for sequences of growing length, and the slope of the logarithm of the time over that of
T, fitted in every round; the median and the quartiles of these slopes."""


def markdown(results: Results, plot: str | None = None) -> str:
    """All tables as a Markdown page; ``plot`` is the file name of the figure to show, if there is one.

    Raises
    ------
    ValueError
        If the results are not those of a run: what is missing is named.

    Examples
    --------
    >>> machine = {"processor": "an abacus", "cores": 10, "gpu": None, "python": "3", "numpy": "2", "torch": "2",
    ...     "numpy_blas": "beads", "numpy_blas_kernels": "wood", "torch_blas": "none", "torch_onednn": False,
    ...     "torch_instructions": "none"}
    >>> page = markdown({"date": "2000-01-01", "quick": False, "machine": machine, "sizes": {"S": [50, 1, 32, 64]},
    ...     "speed": [], "ragged": None, "memory": None, "growth": None, "vocabulary": None, "gpu": []})
    >>> page.splitlines()[0]
    '# Speed and memory on an abacus'
    """
    wanted = ("date", "quick", "machine", "sizes", "speed", "ragged", "memory", "growth", "vocabulary", "gpu")
    if missing := [key for key in wanted if key not in results]:
        raise ValueError(f"results has no {missing[0]!r}, expected {', '.join(wanted)}. Was the run cut off?")
    parts = [*_head(results), PREFACE]
    for section in results["speed"]:
        parts += [_threads(section), _speed(section["rows"]), *_face(section["rows"])]
    for section in results["gpu"]:
        parts += [_tf32(section["tf32"]), _speed(section["rows"]), MEMORY_ON_GPU, _memory(section["memory"])]
    if not results["gpu"]:
        parts += ["## On a GPU", "There was no CUDA device, so nothing was measured on one."]
    if ragged := results["ragged"]:
        named = ", ".join(f"{name} {tuple(size)}" for name, size in ragged["sizes"].items())
        parts += ["## Sequences of unequal length, rnnkit on Torch, one thread"]
        parts += [RAGGED.format(date=ragged["date"], sizes=named), _speed(ragged["rows"])]
    if memory := results["memory"]:
        rows = memory["rows"]
        parts += [f"## Memory at {memory['size']}, one thread", MEMORY, _memory(rows), *_trace(rows)]
    if words := results["vocabulary"]:
        parts += [_words(words["size"]), WORDS.format(date=words["date"]), _vocabulary(words)]
    if growth := results["growth"]:
        N, I, H = growth["size"]
        parts += [f"## Cost in T, one thread, N = {N}, I = {I}, H = {H}", GROWTH, _growth(growth["rows"])]
        parts += [f"![{describe_growth(growth['rows'])}]({plot})"] if plot else []
    return "\n\n".join(parts) + "\n"


def growth_plot(rows: list[dict[str, Any]]) -> str:
    """Time over T on two logarithmic axes, as SVG in the look of the book.

    Raises
    ------
    ImportError
        If matplotlib is not installed; it comes with the extra ``book``.

    Examples
    --------
    >>> svg = growth_plot([{"contender": "a", "T": [1, 2], "ms": [1.0, 2.0], "slope": {"median": 1.0}}])
    >>> svg.startswith("<svg")
    True
    """
    try:
        from matplotlib.ticker import LogLocator, ScalarFormatter

        from rnnkit.figures import Figure, colours
    except ImportError as error:
        raise ImportError("The plot needs matplotlib: pip install 'rnnkit[book]'.") from error

    def draw(ax: Any) -> None:
        ax.figure.set_facecolor(colours()["page"])  # whoever shows the file by itself may have a dark page
        for row in rows:
            ax.loglog(row["T"], row["ms"], label=f"{row['contender']}: slope {row['slope']['median']:.2f}")
        ax.set_xticks(rows[0]["T"], [str(T) for T in rows[0]["T"]])
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(ScalarFormatter())
        ax.minorticks_off()
        ax.set_xlabel("time steps T")
        ax.set_ylabel("forward + backward, ms")
        ax.legend()

    return Figure(draw, describe_growth(rows), "Twice the steps, twice the time: a slope of 1.").wide


def describe_growth(rows: list[dict[str, Any]]) -> str:
    """What the plot shows, in words."""
    Ts, lines = rows[0]["T"], [f"{row['contender']} {row['slope']['median']:.2f}" for row in rows]
    return f"Time over T from {Ts[0]} to {Ts[-1]} on logarithmic axes; the slopes: {', '.join(lines)}"


def _head(results: Results) -> list[str]:
    m = results["machine"]
    name = m["processor"] if results["speed"] else m["gpu"] or m["processor"]
    lines = [
        f"- {m['processor']}, {m['cores']} cores" + (f"; {m['gpu']}" if m["gpu"] else ""),
        f"- NumPy {m['numpy']} with {m['numpy_blas']}, which chose its {m['numpy_blas_kernels']} kernels",
        f"- PyTorch {m['torch']} with {m['torch_blas']}{' and oneDNN' * m['torch_onednn']}, {m['torch_instructions']}",
        f"- Python {m['python']}, {results['date']}{', a quick run: small sizes, few rounds' * results['quick']}",
        f"- (T, N, I, H): {', '.join(f'{name} {tuple(size)}' for name, size in results['sizes'].items())}",
    ]
    return [f"# Speed and memory on {name}", "\n".join(lines)]


def _threads(section: dict[str, Any]) -> str:
    n, at_work = section["threads"], section["cores_at_work"]
    title = "One thread" if n == 1 else f"All {n} cores"
    busy = f"{at_work['numpy']:.2f} cores busy in NumPy, {at_work['torch']:.2f} in Torch"
    return f"## {title}\n\nMatrix products kept {busy}."


def _tf32(on: bool) -> str:
    return f"## On the GPU, TF32 {'on' if on else 'off'} on both sides, in matrix products and in cuDNN"


def _speed(rows: list[dict[str, Any]]) -> str:
    header = ["cell", "size", "passes", "contender", "over", "ratio", "quartiles", "limit", "target", "ms"]
    return _table([*header, "over, ms"], [_speed_row(row) for row in rows])


def _face(rows: list[dict[str, Any]]) -> list[str]:
    """What the face costs, in microseconds, where a pass is shortest."""
    short = [row for row in rows if (row["size"], row["passes"], row["contender"]) == ("S", FORWARD, TORCH)]
    if not short:
        return []
    costs = (f"{row['cell']} {1e3 * (row['ms'] - row['reference_ms']):.0f} µs" for row in short)
    return [FACE_COST.format(costs=", ".join(costs), fastest=f"{1e3 * min(r['reference_ms'] for r in short):.0f}")]


def _speed_row(row: dict[str, Any]) -> list[str]:
    ratio, at_most = row["ratio"], row["at_most"]
    return [
        *(row[key] for key in ("cell", "size", "passes", "contender", "reference")),
        f"{ratio['median']:.3f}",
        f"{ratio['low']:.3f}–{ratio['high']:.3f}",
        "" if at_most is None else f"{at_most:g}",
        "" if at_most is None else _verdict(ratio["median"] - at_most),
        _ms(row["ms"]),
        _ms(row["reference_ms"]),
    ]


def _verdict(over: float) -> str:
    """How far beyond its limit a figure is; never rounded down to nothing."""
    return "met" if over <= 0 else f"missed by {math.ceil(1e3 * over) / 1e3:.3f}"


def _ms(ms: float) -> str:
    return f"{ms:.3f}" if ms < 10 else f"{ms:.1f}"


def _memory(rows: list[dict[str, Any]]) -> str:
    theirs = {row["contender"]: row["peak_mb"] for row in rows}[TORCH_NN]
    shown = [[row["contender"], f"{row['peak_mb']:.0f}", f"{row['peak_mb'] / theirs:.2f}"] for row in rows]
    return _table(["contender", "peak, MB", "over torch.nn"], shown)


def _trace(rows: list[dict[str, Any]]) -> list[str]:
    """What a trace costs beside the cache that BPTT needs: counted on NumPy, the difference of two peaks on Torch."""
    by_name = {row["contender"]: row for row in rows}
    numpy, peaks = by_name[FACE], {name: row["peak_mb"] for name, row in by_name.items()}
    cache = numpy["cache_mb"]
    shown = [
        [FACE, numpy["trace_adds_mb"]],
        [TORCH, peaks[TORCH_TRACE] - peaks[TORCH]],
    ]
    rows_of_text = [[name, f"{adds:.0f}", f"{cache:.0f}", _verdict(adds - cache)] for name, adds in shown]
    return [
        "A trace that is read adds, beside what NumPy's forward pass keeps for BPTT in any case:",
        _table(["", "trace adds, MB", "BPTT's cache, MB", "target"], rows_of_text),
    ]


def _words(size: list[int]) -> str:
    V, T, N, H = size
    return f"## A training step with {V:,} words, T = {T}, N = {N}, H = {H}"


def _vocabulary(words: dict[str, Any]) -> str:
    peaks = {row["contender"]: row["peak_mb"] for row in words["memory"]}
    header = ["contender", "over torch.nn", "quartiles", "limit", "target", "ms", "over, ms"]
    header += ["peak, MB", "over, MB", "limit, memory", "target, memory"]
    return _table(header, [_vocabulary_row(row, peaks) for row in words["rows"]])


def _vocabulary_row(row: dict[str, Any], peaks: dict[str, float]) -> list[str]:
    ratio, name = row["ratio"], row["contender"]
    (time, memory), mine, theirs = LIMITS[name], peaks[name], peaks[TORCH_NN]
    return [
        *(name, f"{ratio['median']:.3f}", f"{ratio['low']:.3f}–{ratio['high']:.3f}"),
        *(f"{time:g}", _verdict(ratio["median"] - time), _ms(row["ms"]), _ms(row["reference_ms"])),
        *(f"{mine:.0f}", f"{theirs:.0f}", f"{memory:g}", _verdict(mine / theirs - memory)),
    ]


def _growth(rows: list[dict[str, Any]]) -> str:
    header = ["contender", *(f"T = {T}, ms" for T in rows[0]["T"]), "slope", "quartiles", "within", "target"]
    return _table(header, [_growth_row(row) for row in rows])


def _growth_row(row: dict[str, Any]) -> list[str]:
    slope, wanted, within = row["slope"], row["wanted"], row["within"]
    return [
        row["contender"],
        *map(_ms, row["ms"]),
        f"{slope['median']:.3f}",
        f"{slope['low']:.3f}–{slope['high']:.3f}",
        f"{wanted:g} ± {within:g}",
        _verdict(abs(slope["median"] - wanted) - within),
    ]


def _table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns also line up on a screen: text to the left, figures to the right."""
    columns = list(zip(header, *rows, strict=True))
    figures = [len(c) > 1 and all(not cell or cell[0].isdigit() or cell[0] == "-" for cell in c[1:]) for c in columns]
    widths = [max(3, *map(len, column)) for column in columns]
    rule = ["-" * (w - 1) + ":" if right else "-" * w for w, right in zip(widths, figures, strict=True)]
    lines = [header, rule, *rows]
    padded = [
        [cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(line, widths, figures, strict=True)]
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)
