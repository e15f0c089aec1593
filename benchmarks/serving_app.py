"""The server that ``make bench-serve`` asks: rnnkit.deploy's, and on it three handlers to compare with.

``/echo`` sends back what comes: what framework, socket and client cost without a network. ``/bare`` takes a step of
onnxruntime before it does so. ``/recompute`` has no state: it reads all symbols so far with each message, and gives the
last output.

    python -m benchmarks.serving_app BUNDLE [--redis URL] [--batch N]
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import WebSocket, WebSocketDisconnect

from rnnkit.deploy import load_bundle
from rnnkit.deploy.limits import Limits
from rnnkit.deploy.messages import answer
from rnnkit.deploy.server import application, serve
from rnnkit.deploy.sessions import RedisStore
from rnnkit.layouts import to_onnx


def bare(model: Any) -> Callable[[int], object]:
    """One step of onnxruntime on the same weights, its state handed from step to step, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    file = to_onnx(model).SerializeToString()
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    state = {name: np.zeros((1, 1, model.layers[1].hidden_size), np.float32) for name in ("1.h_0", "1.c_0")}

    def step(symbol: int) -> object:
        y, state["1.h_0"], state["1.c_0"] = session.run(None, {"xs": np.array([[symbol]], np.int64), **state})
        return y

    return step


def compared(app: Any, model: Any) -> Any:
    """The application, with these handlers."""

    @app.websocket("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        try:
            while True:
                await ws.send_text(await ws.receive_text())
        except WebSocketDisconnect:
            pass

    @app.websocket("/bare")
    async def behind(ws: WebSocket) -> None:
        await ws.accept()
        step = bare(model)
        try:
            while True:
                text = await ws.receive_text()
                step(json.loads(text)["x"][0])
                await ws.send_text(text)
        except WebSocketDisconnect:
            pass

    @app.websocket("/recompute")
    async def recompute(ws: WebSocket) -> None:
        await ws.accept()
        try:
            while True:
                xs = np.array(json.loads(await ws.receive_text())["x"])
                await ws.send_text(answer(model(xs[:, None]).h[-1:, 0], {}, step=len(xs)))
        except WebSocketDisconnect:
            pass

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--redis")
    parser.add_argument("--batch", type=int, default=0)
    options = parser.parse_args()
    bundle = load_bundle(options.bundle)
    store = RedisStore(options.redis) if options.redis else None
    app = application(bundle, store, Limits(waiting=256), batch=options.batch)
    serve(compared(app, bundle.model), port=0, name=options.bundle.name)


if __name__ == "__main__":
    main()
