"""ONNX files as they lie on disk (protobuf's wire format), without reading them whole.

protobuf takes eight bytes a number and many times that a word: too much for trees by the million.
So messages are cut into their fields here, the large lists go from the file into arrays one
attribute at a time, and only what is left is given to the ``onnx`` library.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from smmap.trees import _kernel

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_LONGEST = 10
"""Bytes of a varint."""
_MOST_FIELDS = 1 << 20
"""Of a message that is cut up here; more are no tree ensemble's."""


class Wire:
    """An open file.

    Raises
    ------
    ValueError
        Here and in all methods, where the bytes are no message.
    OSError
        If it cannot be opened or read.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self._bytes = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (ValueError, OSError):
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bytes.close()
        self._file.close()

    @property
    def whole(self) -> Span:
        """All of it."""
        return Span(0, 0, len(self._bytes))

    def read(self, span: Span) -> bytes:
        """The bytes of a field's content; not through the map, whose pages would stay."""
        found = os.pread(self._file.fileno(), span.end - span.start, span.start)
        while len(found) < span.end - span.start:
            more = os.pread(
                self._file.fileno(), span.end - span.start - len(found), span.start + len(found)
            )
            if not more:
                raise ValueError("the file ends too early")
            found += more
        return found

    def read_but(self, message: Span, number: int) -> tuple[bytes, list[Span]]:
        """A message without the fields of that number, and those."""
        kept, cut, start = [], [], message.start
        for field in self.list_fields(message):
            if field.number == number and field.nested:
                cut.append(field)
            else:
                kept.append(self.read(Span(0, start, field.end)))
            start = field.end
        return b"".join(kept), cut

    def list_fields(self, message: Span) -> Iterator[Span]:
        """The fields of a message in order."""
        at = message.start
        for _ in range(_MOST_FIELDS):
            if at == message.end:
                return
            tag, at = self._read_varint(at, message.end)
            number, kind = divmod(tag, 8)
            start, length = at, 0
            if kind == _VARINT:
                _, at = self._read_varint(at, message.end)
            elif kind == _LENGTH:
                length, start = self._read_varint(at, message.end)
                at = start + length
            elif kind in (_FIXED32, _FIXED64):
                at += 4 if kind == _FIXED32 else 8
            else:
                raise ValueError(f"a field is of kind {kind}")
            if not number or at > message.end:
                raise ValueError("a field leaves its message")
            yield Span(number, start, at, nested=kind == _LENGTH)
        raise ValueError(f"a message has more than {_MOST_FIELDS} fields")

    def _read_varint(self, at: int, end: int) -> tuple[int, int]:
        value = 0
        for place in range(min(_LONGEST, end - at)):
            byte = self._bytes[at + place]
            value |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return value, at + place + 1
        raise ValueError("a number does not end")


@dataclass(frozen=True)
class Span:
    """A field's content within a file."""

    number: int
    """Of the field; 0 for a whole file."""
    start: int
    """First byte."""
    end: int
    """Behind the last."""
    nested: bool = True
    """True: a message, a string or a packed list."""


@dataclass(frozen=True)
class Words:
    """A list of strings, most of them alike."""

    known: Sequence[bytes]
    """Each different one."""
    numbers: NDArray[np.int32]
    """(n,) places in ``known``"""


@dataclass(frozen=True)
class Lists:
    """An attribute: its lists as arrays, None where it has none."""

    rest: bytes
    """All else but a tensor, as a message."""
    tensor: bytes | None
    """A tensor's message."""
    floats: NDArray[np.float32] | None
    """(n,)"""
    ints: NDArray[Any] | None
    """(n,) of the smallest kind that holds them; int64, and one zero, where one has more than 32
    bits."""
    words: Words | None
    """Strings."""


def read_lists(attribute: bytes) -> Lists:
    """Take an attribute's message apart; a ValueError where it is none."""
    rest, (start, end), floats, ints, exceeds, known, numbers = _kernel.read_attribute(attribute)
    return Lists(
        rest,
        attribute[start:end] if end else None,
        None if floats is None else np.frombuffer(floats, np.float32),
        None if ints is None else np.zeros(1, np.int64) if exceeds else _shrink(ints),
        None if numbers is None else Words(known, np.frombuffer(numbers, np.int32)),
    )


def _shrink(ints: bytes) -> NDArray[Any]:
    values = np.frombuffer(ints, np.int32)
    lowest, highest = values.min(), values.max()
    for small in (np.int8, np.uint8, np.int16, np.uint16):
        if np.iinfo(small).min <= lowest and highest <= np.iinfo(small).max:
            return values.astype(small)
    return values
