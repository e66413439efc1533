"""Decoding beside inference: a source read ahead on a thread of its own."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

POLL_S = 0.1
"""How soon a waiting side sees that the other has stopped; also what lets Ctrl-C through on Windows."""

JOIN_S = 5.0
"""How long leaving waits for a source that is stuck; its daemon thread is then left behind."""


class prefetch(Generic[Item]):  # noqa: N801 (used like a function, as enumerate is)
    """Iterate over `source`, at most `depth` items ahead, on a background thread.

    What the source raises is raised here, in its place in the order. Leaving early (`close()`, the end of
    a `with` block, the last reference gone, the interpreter's exit) stops the thread.
    """

    def __init__(self, source: Iterable[Item], depth: int = 4) -> None:
        self._queue: queue.Queue[tuple[str, Item | BaseException | None]] = queue.Queue(maxsize=depth)
        self._stop = threading.Event()
        # The thread holds no reference to self, or an iterator that was dropped would never be collected.
        self._thread = threading.Thread(target=_read, args=(source, self._queue, self._stop), name="posewright-prefetch", daemon=True)
        self._thread.start()
        self._finalizer = weakref.finalize(self, _shut, self._stop, self._thread)
        self._done = False

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        while not self._done and not self._stop.is_set():
            try:
                kind, value = self._queue.get(timeout=POLL_S)
            except queue.Empty:
                continue
            if kind == "item":
                return value  # type: ignore[return-value]
            self._done = True
            if isinstance(value, BaseException):
                raise value
        raise StopIteration

    def close(self) -> None:
        """Stop reading and wait until the thread has let go of the source. Close the source after this, not before."""
        self._finalizer()

    def __enter__(self) -> prefetch[Item]:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _read(source: Iterable[Item], items: queue.Queue, stop: threading.Event) -> None:
    """Body of the thread: put every item, then how it ended."""
    ending: tuple[str, BaseException | None] = ("end", None)
    try:
        for item in source:
            if not _put(items, ("item", item), stop):
                return
    except BaseException as error:
        ending = ("end", error)
    _put(items, ending, stop)


def _put(items: queue.Queue, entry: tuple, stop: threading.Event) -> bool:
    """Put `entry` when there is room; False once nobody wants it."""
    while not stop.is_set():
        try:
            items.put(entry, timeout=POLL_S)
        except queue.Full:
            continue
        return True
    return False


def _shut(stop: threading.Event, thread: threading.Thread) -> None:
    stop.set()
    if thread is not threading.current_thread():
        thread.join(JOIN_S)
