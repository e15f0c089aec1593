"""python -m rnnkit.explorers FILE.svg: write the Latch's still picture, as the README shows it."""

import sys
from pathlib import Path

from rnnkit.explorers import Latch

if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].endswith(".svg"):
        sys.exit("expected the name of one .svg file, as in: python -m rnnkit.explorers book/_static/latch.svg")
    Path(sys.argv[1]).write_text(Latch().to_svg(), encoding="utf-8")
