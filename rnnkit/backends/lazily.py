"""Arrays by name that are computed when someone first looks at them."""

from collections.abc import Callable, Iterator, Mapping

from rnnkit.ops import Array


class Lazily(Mapping[str, Array]):
    """A dict of arrays that is made when someone first looks into it."""

    def __init__(self, make: Callable[[], dict[str, Array]]):
        self._make, self._made = make, None  # type: tuple[Callable[[], dict[str, Array]], dict[str, Array] | None]

    def _all(self) -> dict[str, Array]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> Array:
        if name not in self._all():
            raise KeyError(f"{name}, expected one of {', '.join(self._all())}")
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return shapes_of(self._made) if self._made is not None else "{computed when it is first looked at}"


def shapes_of(arrays: Mapping[str, Array]) -> str:
    return "{" + ", ".join(f"{name}: {tuple(a.shape)}" for name, a in arrays.items()) + "}"
