"""What Prometheus reads at /metrics, and the one place where each answer is counted."""

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS = (1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 1.0, 2.5)


class Metrics:
    """One server's own, so that several can be in a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        of: Any = {"namespace": "rnnkit", "registry": self.registry}
        self.requests = Counter("requests", "Answers of HTTP", ["handler", "status"], **of)
        self.refused = Counter("refused", "Messages of streams that were refused", ["status"], **of)
        self.steps = Counter("steps", "Steps that were computed, of all users", **of)
        self.seconds = Histogram("message_seconds", "From a message read to its outputs", buckets=BUCKETS, **of)
        self.streams = Gauge("streams", "Streams that are open", **of)
        self.sessions = Gauge("sessions", "Sessions that are kept", **of)
        self.evicted = Gauge("evicted", "Sessions that were evicted or have expired, of a store in memory", **of)
        self.waiting = Gauge("waiting", "Requests that compute or wait for it", **of)

    def computed(self, steps: int, seconds: float) -> None:
        self.steps.inc(steps)
        self.seconds.observe(seconds)

    def text(self) -> tuple[bytes, str]:
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class Counted:
    """An application whose answers are counted by handler and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                handler = getattr(scope.get("endpoint"), "__name__", "none")
                self.metrics.requests.labels(handler, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, counting)
