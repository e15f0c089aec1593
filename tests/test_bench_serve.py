"""The server's benchmark: its handlers do the same work, and the page is the JSON's. Nothing is timed."""

import asyncio
import doctest
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
from benchmarks import serving, serving_app, serving_report
from rnnkit.deploy import save_bundle, stream

ROOT = Path(__file__).resolve().parents[1]
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("serve-*.json"))


def test_the_bare_step_is_the_networks():
    model, _ = serving.network()
    theirs, ours, step = serving_app.bare(model), serving.own(model), stream(model)
    state = step.start()
    for symbol in (3, 97, 2, 3):
        y, state = step(np.array([symbol]), state)
        np.testing.assert_allclose(theirs(symbol)[0], y, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(ours(symbol), y)


@pytest.mark.slow
def test_every_way_answers_what_the_network_says(tmp_path):
    model, reads = serving.network()
    save_bundle(tmp_path / "it.safetensors", model, reads)
    symbols, whole = [5, 9, 2], model(np.array([5, 9, 2])[:, None]).h[:, 0]

    async def ask():
        async with serving.connect(f"{server.socket}/recompute") as ws:
            await ws.send(json.dumps({"x": symbols}))
            recomputed = json.loads(await ws.recv())["y"]
        async with serving.connect(f"{server.socket}/bare") as ws:
            await ws.send('{"x": [5]}')
            assert await ws.recv() == '{"x": [5]}'
        rate, spent = await serving.crowd(server, clients=3, each=2)
        assert (rate > 0, len(spent)) == (True, 6)
        return recomputed

    with serving.served(tmp_path / "it.safetensors", "--batch", "4") as server:
        np.testing.assert_allclose(asyncio.run(ask()), whole[-1:], rtol=0, atol=1e-6)
        load = asyncio.run(serving.endurance(0.5, server))
    assert load["wrong"] == 0
    assert load["steps"] > 0


def results(stream_ms=2.0):
    of = {serving_report.BARE: 1.0, serving_report.ECHO: 1.0, serving_report.RECOMPUTE: 20.0}
    of |= {serving_report.STREAM: stream_ms, serving_report.BINARY: 1.0, serving_report.BEHIND: 1.0}
    attack = {name: serving_report.summary([[ms]] * 2) for name, ms in (("alone", 1.0), ("beside them", 2.5))}
    return {
        "date": "a day",
        "quick": False,
        "machine": {"processor": "an abacus", "cores": 10, "load": None, "onnxruntime": "1"},
        "redis": True,
        "clients": 3,
        "ways": {way: serving_report.summary([[ms, ms, ms * 9], [ms] * 3]) for way, ms in of.items()},
        "crowd": [{"way": "each alone", "steps_a_second": 7, "p50": 1.0, "p99": 2.0}],
        "attack": {"connections": 300, "closed": 600, **attack},
        "load": {"seconds": 8.0, "clients": 8, "steps": 9, "wrong": 0, "mb": [50.0, 60.0] * 2 + [61.0] * 4},
    }


def test_a_goal_is_met_or_missed_by_its_medians():
    said = serving_report.markdown(results())
    assert "| stream, JSON, over bare step + echo " in said
    assert "missed by" not in said.partition("## 3 clients")[0]
    said = serving_report.markdown(results(3.1))
    assert "missed by 0.051" in said
    assert "missed by 0.500" in said.partition("## Beside 300")[2]
    assert "closed 600 of 600" in said
    with pytest.raises(ValueError, match="no 'crowd'"):
        serving_report.markdown({key: value for key, value in results().items() if key != "crowd"})


def test_the_examples_of_the_report_run():
    assert doctest.testmod(serving_report).failed == 0


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_the_page_is_made_of_the_stored_figures(path):
    stored = json.loads(path.read_text("utf-8"))
    assert path.with_suffix(".md").read_text("utf-8") == serving_report.markdown(stored)
    assert not stored["quick"]
    assert stored["load"]["wrong"] == 0
    attack = stored["attack"]
    assert attack["closed"] == attack["connections"] * len(attack["alone"]["medians"])
