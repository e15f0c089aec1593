"""Interactive pictures that compute in the page: ipywidgets in a notebook, and alive on a published page too.

An explorer is a folder: limits.json (its traits, what they may be, its measured heights, its extremes), maths.js,
picture.js, explorer.js (its words, and which parts of the kit it is made of), style.css, and the Python class. The kit
is shared/; what each file offers stands at its top:

    node.js draw.js plot.js numbers.js    markup as data, shapes, scales and labels, numbers that add up as printed
    card.js stage.js fields.js player.js  traits and one redraw a frame; handles, regions, strips; fields; time
    timeline.js sum.js settings.js        a run over time; a sum, opened; sizes and all weights
    table.js paper.js                     the numbers as a table; matrices below a picture
    question.js story.js stories.js       questions, what plays by itself, presets and challenges
    editor.js bars.js heat.js             a coloured text that one writes in; shares as bars; states as colours
    data.js                               what is too large for a script, loaded when it is needed
    traits.js mount.js host.js            checks and links; the card in a page or notebook; a page's own model

List the class in EXPLORERS, and the tests of tests/explorers and tests/browser run for it.

They need ``pip install anywidget mini-racer``; the rest of rnnkit does not.
"""

try:
    from rnnkit.explorers.base import Explorer, kit_script, page_data, page_script, page_style, page_tokens
    from rnnkit.explorers.cell_race import CellRace
    from rnnkit.explorers.evidence_bench import EvidenceBench
    from rnnkit.explorers.forecast_bench import ForecastBench
    from rnnkit.explorers.gate_lab import GateLab
    from rnnkit.explorers.gradient_river import GradientRiver
    from rnnkit.explorers.latch import Latch
    from rnnkit.explorers.spectrum_scope import SpectrumScope
    from rnnkit.explorers.state_stepper import StateStepper
    from rnnkit.explorers.stream_desk import StreamDesk
    from rnnkit.explorers.type_ahead import TypeAhead
except ModuleNotFoundError as error:
    if (error.name or "").startswith("rnnkit"):
        raise
    raise ModuleNotFoundError(
        f"rnnkit.explorers needs {error.name}, which is not installed. Run: pip install anywidget mini-racer",
        name=error.name,
    ) from error

EXPLORERS: tuple[type[Explorer], ...] = (
    Latch,
    StateStepper,
    TypeAhead,
    GradientRiver,
    SpectrumScope,
    GateLab,
    CellRace,
    ForecastBench,
    EvidenceBench,
    StreamDesk,
)  # what the book's pages and the tests go through

__all__ = [
    "EXPLORERS",
    "CellRace",
    "EvidenceBench",
    "ForecastBench",
    "GateLab",
    "GradientRiver",
    "Latch",
    "SpectrumScope",
    "StateStepper",
    "StreamDesk",
    "TypeAhead",
    "kit_script",
    "page_data",
    "page_script",
    "page_style",
    "page_tokens",
]
