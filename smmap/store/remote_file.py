"""A file on a web server, read in pages that are kept; all of them of one version of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from smmap.spec.band import Signer
from smmap.spec.errors import OfflineError, RefusedError, SceneError, TransientError
from smmap.store.held_pages import HeldPages, Page
from smmap.store.network import get_page_cache, is_offline
from smmap.store.part import Part, fetch_part
from smmap.store.retry import retry
from smmap.store.side_by_side import do_side_by_side
from smmap.store.signing import forget_signature, sign_href, strip_signature

PAGE = 1 << 16
"""Bytes of a page. A block of 1024 x 1024 pixels of a Sentinel-2 band in tiles of 512 costs 8 %
more than its bytes, and as many requests as with smaller pages; with 1 MiB it costs twice."""

_AT_ONCE = 6
"""Requests for one window: as many as browsers make to one server."""
_GAP = 2
"""Pages between two others that are fetched along with them."""
_GONE = (-1, "")
"""Noted of what is not there: offline it is not missed."""

_Result = TypeVar("_Result")


class RemoteFile:
    """Reads any bytes of a file, with as few requests as its pages need; for many threads at once.

    Parameters
    ----------
    href
        Its address, ``https://...`` or one of an object store, unsigned.
    signer
        As of `sign_href`.
    requests_per_second
        As of `smmap.store.rate.await_turn`.
    ahead
        Bytes that come with the opening, whole pages: of what will be read from its beginning.
        They stay in memory: a header is read in many small pieces, and again for each window.

    Raises
    ------
    SceneError
        If there is no such file.
    TransientError
        If it cannot be had at the moment, after several attempts.
    OfflineError
        If the network must not be used and the file is not in the cache.
    """

    def __init__(
        self,
        href: str,
        signer: Signer | None = None,
        requests_per_second: float | None = None,
        *,
        ahead: int = PAGE,
    ) -> None:
        self.name = strip_signature(href)
        self._href, self._signer, self._rate = href, signer, requests_per_second
        self._ahead = ahead
        self._cache = get_page_cache()
        self._pages = HeldPages()
        self._asked: dict[int, Future[None]] = {}
        """By page: settled when a request that is under way has come to its end."""
        self._lock = Lock()
        self.changed = False
        """True: the server has another version by now, and nothing more can be had of this one."""
        self._version: str | None
        self.size, self._version = self._open()

    @contextmanager
    def hold(self, spans: Iterable[tuple[int, int]]) -> Iterator[None]:
        """Have bytes at hand while they are read; errors as of the constructor.

        Parameters
        ----------
        spans
            First byte, and byte after the last. What lies close together is one request.
        """
        wanted = {
            number
            for start, stop in spans
            for number in range(start // PAGE, -(-min(stop, self.size) // PAGE))
        }
        # What is on disk need not be in memory.
        held = set() if self._cache and self._version else wanted
        with self._lock:
            self._pages.hold(held)
        try:
            self._get_pages(wanted)
            yield
        finally:
            with self._lock:
                self._pages.let_go(held)

    def read(self, start: int, count: int) -> bytes:
        """Bytes from ``start`` on, fewer at the file's end; errors as of the constructor."""
        stop = min(start + count, self.size)
        if start >= stop:
            return b""
        numbers = range(start // PAGE, (stop - 1) // PAGE + 1)
        with self._lock:
            found = self._pages.find(numbers)
        if len(found) < len(numbers):
            found = self._get_pages(numbers)
        pages = [found[one] for one in numbers]
        pages[-1] = pages[-1][: stop - numbers[-1] * PAGE]
        pages[0] = pages[0][start - numbers[0] * PAGE :]
        return b"".join(pages)

    def _open(self) -> tuple[int, str | None]:
        """Size and version of the file as it is now."""
        noted = self._read_note()
        if is_offline():
            if noted is None:
                raise self._miss("is not in the cache")
            if noted == _GONE:
                raise SceneError(f"{self.name} is not there, as was noted in the cache")
            return noted
        try:
            part = self._ask(None if noted == _GONE else noted)
        except SceneError:
            self._write_note(_GONE)
            raise
        if noted is not None and (part.unchanged or (part.size, part.version) == noted):
            return noted
        self._version, self.size = part.version, part.size
        if part.version is not None:
            self._write_note((part.size, part.version))
        self._pages.hold(range(-(-sum(map(len, part.pieces)) // PAGE)))
        self._keep(part)
        return part.size, part.version

    def _ask(self, noted: tuple[int, str] | None) -> Part:
        if noted is None:
            return self._fetch_part((0, self._ahead))
        if noted[1].startswith('"'):
            return self._fetch_part((0, self._ahead), noted[1])
        # Servers take what is older than a date for unchanged: the date itself is compared.
        part = self._fetch_part((0, 1))
        return part if (part.size, part.version) == noted else self._fetch_part((0, self._ahead))

    def _write_note(self, noted: tuple[int, str]) -> None:
        if self._cache is not None:
            self._cache.write(self.name, json.dumps(noted).encode())

    def _read_note(self) -> tuple[int, str] | None:
        content = self._cache.read(self.name) if self._cache else None
        if content is None:
            return None
        size, version = json.loads(content)
        return int(size), str(version)

    def _get_pages(self, numbers: Collection[int]) -> dict[int, Page]:
        """Those that are there and those that are not, which are asked for side by side.

        What another thread has asked for is waited for, and asked for here if it fails there.
        """
        found: dict[int, Page] = {}
        while missing := {*numbers} - found.keys():
            with self._lock:
                found |= self._find(missing)
                missing -= found.keys()
                theirs = {self._asked[one] for one in missing if one in self._asked}
                runs = {run: Future[None]() for run in _join(sorted(missing - self._asked.keys()))}
                for run, answer in runs.items():
                    self._asked |= dict.fromkeys(range(*run), answer)
            try:
                found |= self._fetch(list(runs))
            finally:
                self._settle(runs.values())
            wait(theirs)
        return found

    def _settle(self, answers: Collection[Future[None]]) -> None:
        """Let those go on who wait for these answers, whatever became of them."""
        with self._lock:
            self._asked = {one: job for one, job in self._asked.items() if job not in answers}
        for one in answers:
            one.set_result(None)

    def _fetch(self, runs: list[tuple[int, int]]) -> dict[int, Page]:
        found = do_side_by_side(lambda run: self._keep(self._ask_run(*run)), runs, _AT_ONCE)
        return {number: page for pages in found for number, page in pages.items()}

    def _find(self, numbers: Collection[int]) -> dict[int, Page]:
        """Those that are in memory or on disk."""
        found = self._pages.find(numbers)
        if self._cache and self._version:
            for number in {*numbers} - found.keys():
                page = self._cache.read(self._get_key(number))
                if page is not None:
                    found[number] = page
                    self._pages.put(number, page)
        return found

    def _ask_run(self, first: int, stop: int) -> Part:
        if is_offline():
            raise self._miss("is in the cache in part, and not where it is read now")
        part = self._fetch_part((first * PAGE, min(stop * PAGE, self.size)))
        if (part.size, part.version) != (self.size, self._version):
            self.changed = True
            raise TransientError(f"{self.name}: changed while it was read; rerun later")
        return part

    def _keep(self, part: Part) -> dict[int, Page]:
        """Cut into pages, and keep them; a part is asked for by whole pages."""
        cut = (
            memoryview(piece)[start : start + PAGE]
            for piece in part.pieces
            for start in range(0, len(piece), PAGE)
        )
        pages: dict[int, Page] = dict(enumerate(cut, part.first // PAGE))
        with self._lock:
            for number, page in pages.items():
                self._pages.put(number, page)
        if self._cache and part.version:
            for number, page in pages.items():
                self._cache.write(self._get_key(number), bytes(page))
        return pages

    def _get_key(self, number: int) -> str:
        return f"{self.name}\n{self._version}\n{self.size}\n{number}"

    def _fetch_part(self, span: tuple[int, int], known: str | None = None) -> Part:
        def ask() -> Part:
            address = sign_href(self._href, self._signer)
            return fetch_part(address, self.name, span, known=known, requests_per_second=self._rate)

        return retry(lambda: self._sign_again(ask))

    def _sign_again(self, ask: Callable[[], _Result]) -> _Result:
        """Once more with a new signature where the old one is not accepted (any more)."""
        try:
            return ask()
        except RefusedError:
            forget_signature(self._href, self._signer)
        return ask()

    def _miss(self, what: str) -> OfflineError:
        return OfflineError(
            f"{self.name} {what}, and this runs offline; run it once online with the same cache, "
            "or give a local copy"
        )


def _join(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First page and page after the last of runs, across gaps that cost less than a request."""
    first = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] - numbers[place - 1] > _GAP + 1:
            yield numbers[first], numbers[place - 1] + 1
            first = place
