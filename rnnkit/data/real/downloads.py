"""Data that no package carries: fetched on request, from its own address, into a folder of the caller's.

No page and no test downloads anything. A file that was downloaded by hand is read just as well.
"""

import csv
import hashlib
import io
import json
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rnnkit import checks


class Download(NamedTuple):
    """A file on a server.

    Attributes
    ----------
    name, url : str
    licence : str
        As its makers state it.
    size : int or None
        In bytes, where it is known.
    digest : str
        The algorithm and the hash, ``"sha256:…"``; empty where its makers have published none.
    about : str
    """

    name: str
    url: str
    licence: str
    size: int | None
    digest: str
    about: str

    def content(self, folder: str | Path, download: bool = False) -> bytes:
        """The bytes of the file, out of ``folder``; with ``download`` it is fetched into it first, if it is not there.

        Raises
        ------
        ValueError
            If it is not there and was not asked for, cannot be fetched, or is another file.
        """
        file = Path(folder) / self.url.rpartition("/")[2]
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            content = self._fetched(file, checks.flag("download", download))
            self._check(file.name, content)
            file.write_bytes(content)
        content = file.read_bytes()
        self._check(file.name, content)
        return content

    def _fetched(self, file: Path, download: bool) -> bytes:
        large = "" if self.size is None else f", {self.size / 1e6:.1f} MB"
        by_hand = f"Or put the file of {self.url} there by hand."
        if not download:
            hint = f"download=True fetches it{large} ({self.licence}). {by_hand}"
            raise checks.wrong(f"{self.name} is not in {file.parent}", file.name, hint)
        try:
            with urllib.request.urlopen(self.url, timeout=30) as answer:
                content: bytes = answer.read()
        except (urllib.error.URLError, OSError) as error:
            came = f"{self.name} could not be fetched ({getattr(error, 'reason', error)})"
            raise checks.wrong(came, "an answer of its server", f"Is there a network? {by_hand}") from None
        return content

    def _check(self, name: str, content: bytes) -> None:
        algorithm, _, digest = self.digest.partition(":")
        if digest and (found := hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()) != digest:
            came = f"{name} has {len(content)} bytes and the {algorithm} {found[:8]}…"
            raise checks.wrong(came, f"{digest[:8]}…", "Was the download cut short? Remove the file.")


IMDB = Download(
    name="the reviews of films",
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    licence="no licence stated; its makers ask for a citation",
    size=84_125_825,
    digest="md5:7c2ac02c03563afcf9b574c7e56c153a",
    about="25,000 reviews of films to train on and 25,000 to test with, half of each positive (Maas et al., 2011).",
)
JENA = Download(
    name="the weather in Jena",
    url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/jena_climate_2009_2016.csv.zip",
    licence="no licence stated with it; it is the Max Planck Institute for Biogeochemistry's",
    size=None,
    digest="",
    about="14 quantities every ten minutes, 2009 to 2016.",
)
NAB = "https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"
MACHINE = Download(
    name="the temperature of a machine",
    url=f"{NAB}/data/realKnownCause/machine_temperature_system_failure.csv",
    licence="MIT",
    size=732_223,
    digest="sha256:92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4",
    about="22,695 values, one every five minutes, until the machine fails (Lavin and Ahmad, 2015).",
)
FAULTS = Download(
    name="the faults of the Numenta Anomaly Benchmark",
    url=f"{NAB}/labels/combined_windows.json",
    licence="MIT",
    size=15_359,
    digest="sha256:1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
    about="When each of the benchmark's series has its faults.",
)
DOWNLOADS = (IMDB, JENA, MACHINE, FAULTS)


def imdb(folder: str | Path, download: bool = False) -> dict[str, tuple[list[str], Any]]:
    """Reviews of films, and whether each is positive.

    Parameters
    ----------
    folder : path
        Where the file is, or is to be.
    download : bool
        Fetch it, if it is not there: 84 MB.

    Returns
    -------
    dict of "train" and "test"
        The texts, and an array of int (N,), 1 where positive; the negative ones first.

    Raises
    ------
    ValueError
        If the file is not there and was not asked for, cannot be fetched, or is another one.

    References
    ----------
    Maas et al. (2011).
    """
    return _imdb(IMDB.content(folder, download))


def jena(folder: str | Path, download: bool = False) -> dict[str, Any]:
    """The weather in Jena: ``date``, as datetime64 of minutes, and 14 columns of float by their names, (S,) each.

    Arguments and errors: :func:`imdb`. 14 MB, and no hash is published.
    """
    return _jena(JENA.content(folder, download))


def machine_temperature(folder: str | Path, download: bool = False) -> dict[str, Any]:
    """A machine's temperature: ``date``, as datetime64 of minutes, ``value`` and ``fault``, bool, (S,) each.

    A fault is a span of days around a failure that the makers of the benchmark know of. Arguments and errors:
    :func:`imdb`. 0.7 MB.

    References
    ----------
    Lavin and Ahmad (2015).
    """
    return _machine(MACHINE.content(folder, download), FAULTS.content(folder, download))


def _imdb(content: bytes) -> dict[str, tuple[list[str], Any]]:
    found: dict[str, tuple[list[str], list[int]]] = {"train": ([], []), "test": ([], [])}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = {member.name: member for member in archive if member.isfile()}
        for name in sorted(members):
            _, *middle, file = name.split("/")
            if len(middle) == 2 and middle[0] in found and middle[1] in ("neg", "pos") and file.endswith(".txt"):
                texts, targets = found[middle[0]]
                texts.append(archive.extractfile(members[name]).read().decode("utf-8"))  # type: ignore[union-attr]
                targets.append(int(middle[1] == "pos"))
    return {part: (texts, np.array(targets)) for part, (texts, targets) in found.items()}


def _jena(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".csv") and "/" not in name)
        names, *rows = csv.reader(archive.read(name).decode("utf-8").splitlines())
    parts = [(row[0][6:10], row[0][3:5], row[0][:2], row[0][11:16]) for row in rows]  # 31.12.2009 23:50:00
    dates = np.array([f"{year}-{month}-{day}T{time}" for year, month, day, time in parts], "datetime64[m]")
    values = np.array([row[1:] for row in rows], float).T
    return {"date": dates} | dict(zip(names[1:], values, strict=True))


def _machine(series: bytes, faults: bytes) -> dict[str, Any]:
    _, *rows = csv.reader(series.decode("utf-8").splitlines())
    dates = np.array([row[0].replace(" ", "T")[:16] for row in rows], "datetime64[m]")
    spans = json.loads(faults)["realKnownCause/machine_temperature_system_failure.csv"]
    fault = np.zeros(len(dates), bool)
    for span in spans:
        begin, end = (np.datetime64(when.replace(" ", "T")[:16], "m") for when in span)
        fault |= (begin <= dates) & (dates <= end)
    return {"date": dates, "value": np.array([row[1] for row in rows], float), "fault": fault}
