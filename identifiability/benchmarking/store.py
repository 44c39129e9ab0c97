"""A file of records that survives kills: lines with checksums, only ever appended."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from causalrep.exceptions import PersistenceError
from identifiability.benchmarking.records import BenchmarkRecord

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # pyrefly: ignore

__all__ = ["Store"]

_FORMAT = '{"format":"causalrep benchmark store 1"}'


class Store:
    r"""Append-only file of :class:`BenchmarkRecord`, one a line.

    A line is the CRC-32 of what follows in eight hexadecimal digits, a space, JSON and a
    newline. It is handed to the system in a single write to the end of the file, and is on disk
    before :meth:`append` returns. Whoever is killed in between leaves at most one line without
    its newline, which the next one to open the file cuts off. Several processes may append to one
    file; a lock that the system releases with the process keeps their lines apart.

    Parameters
    ----------
    path : path-like
        The file; it is made where there is none.

    Attributes
    ----------
    path : Path
        The file.
    damaged_lines : tuple of int
        Numbers of the lines whose checksum or content is wrong, the first line being 1. They
        stay where they are and count as absent.

    Raises
    ------
    PersistenceError
        If the path is a folder or no regular file, its folder is missing, it cannot be written,
        or the file is something else than a store of this version.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from identifiability import BenchmarkRecord, Store
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = Store(Path(folder.name) / "results.jsonl")
    >>> store.append(
    ...     BenchmarkRecord(estimator="PC", dataset="n=500", seed=0, scores={"mcc": 0.5}, key="k")
    ... )
    >>> Store(store.path).records()["k"].scores
    {'mcc': 0.5}
    >>> folder.cleanup()
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        if not isinstance(path, str | PathLike):
            raise PersistenceError(f"A store is a file: give its path, but got {path!r}.")
        self.path = Path(path)
        self.damaged_lines: tuple[int, ...] = ()
        self._records: dict[str, BenchmarkRecord] = {}
        self._n_lines = 0
        self._n_bytes = 0
        _refuse_unfit(self.path)
        with self._locked(os.O_CREAT) as descriptor:
            _begin(descriptor, self.path)
            self._read_further(descriptor)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<Store: {len(self)} records in {str(self.path)!r}>"

    def records(self) -> Mapping[str, BenchmarkRecord]:
        """Return the records by key, in the order of the file; of equal keys the first.

        A fit that had run out of time gives way to the same one with more of it.
        What other processes have appended since is read first.
        """
        with self._locked() as descriptor:
            self._refuse_shortened(descriptor)
            self._read_further(descriptor)
        return MappingProxyType(dict(self._records))

    def append(self, record: BenchmarkRecord) -> None:
        """Write one record to the end of the file, and return when it is on disk.

        Parameters
        ----------
        record : BenchmarkRecord
            With its key.

        Raises
        ------
        PersistenceError
            If it has no key, or cannot be written whole; then nothing of it is left in the file.
        """
        if not isinstance(record, BenchmarkRecord) or not record.key:
            raise PersistenceError(
                f"A store takes BenchmarkRecord objects with a key, which tells them apart, but "
                f"got {record!r}."
            )
        with self._locked() as descriptor:
            self._refuse_shortened(descriptor)
            _cut_torn_tail(descriptor)
            _write_line(descriptor, record.to_json(), self.path)

    @contextmanager
    def _locked(self, extra: int = 0) -> Iterator[int]:
        """Open the file for reading and appending, alone among the processes that ask too."""
        try:
            flags = os.O_RDWR | os.O_APPEND | extra | getattr(os, "O_BINARY", 0)
            descriptor = os.open(self.path, flags, 0o666)
        except OSError as error:
            raise PersistenceError(
                f"The store {str(self.path)!r} cannot be written: {error.strerror}. Choose "
                "another file, or get the right to write it."
            ) from error
        try:
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _refuse_shortened(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_size < self._n_bytes:
            raise PersistenceError(
                f"The store {str(self.path)!r} has become shorter while it was in use: somebody "
                "changed or replaced it. Begin with another file."
            )

    def _read_further(self, descriptor: int) -> None:
        """Read the whole lines behind those that were read before."""
        text = _read_from(descriptor, self._n_bytes)
        whole = text[: text.rfind(b"\n") + 1]
        self._n_bytes += len(whole)
        for line in whole.split(b"\n")[:-1]:
            self._n_lines += 1
            if self._n_lines > 1:
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            record = BenchmarkRecord.from_json(_checked(line))
        except PersistenceError:
            self.damaged_lines = (*self.damaged_lines, self._n_lines)
            return
        known = self._records.setdefault(record.key, record)
        if not known.holds_under(record.time_limit):
            self._records[record.key] = record


def _refuse_unfit(path: Path) -> None:
    if path.is_dir():
        raise PersistenceError(f"The store {str(path)!r} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise PersistenceError(
            f"The folder {str(path.parent)!r} does not exist. Create it before."
        )
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise PersistenceError(f"The store {str(path)!r} is no regular file. Name another one.")


def _begin(descriptor: int, path: Path) -> None:
    """Write the first line of a new file, and refuse a file that begins otherwise."""
    header = _line_of(_FORMAT)
    start = _read_from(descriptor, 0, len(header))
    if start != header[: len(start)]:
        raise PersistenceError(
            f"{str(path)!r} is no store of this version: it does not begin like one. It was left "
            "as it is; choose another file."
        )
    _cut_torn_tail(descriptor)
    if len(start) < len(header):
        _write_line(descriptor, _FORMAT, path)
        _flush_folder(path.parent)


def _cut_torn_tail(descriptor: int) -> None:
    """Cut off what follows the last newline: a line that its writer did not live to finish."""
    size = os.fstat(descriptor).st_size
    end = size
    while end and _read_from(descriptor, end - 1, 1) != b"\n":
        block = max(0, end - _BLOCK)
        found = _read_from(descriptor, block, end - block).rfind(b"\n")
        end = block + found + 1
    if end < size:
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)


def _write_line(descriptor: int, content: str, path: Path) -> None:
    line = _line_of(content)
    before = os.fstat(descriptor).st_size
    try:
        n_written = os.write(descriptor, line)
        os.fsync(descriptor)
    except OSError as error:
        os.ftruncate(descriptor, before)
        raise PersistenceError(f"{str(path)!r} cannot be written: {error.strerror}.") from error
    if n_written < len(line):
        os.ftruncate(descriptor, before)
        raise PersistenceError(
            f"Only {n_written} of {len(line)} bytes could be written to {str(path)!r}, so they "
            "were taken back. Is the disk full?"
        )


def _read_from(descriptor: int, start: int, n_bytes: int | None = None) -> bytes:
    """Read a part of the file; the position of writing, its end, does not move."""
    size = os.fstat(descriptor).st_size
    stop = size if n_bytes is None else min(size, start + n_bytes)
    parts = []
    os.lseek(descriptor, start, os.SEEK_SET)
    while start < stop:
        part = os.read(descriptor, min(_BLOCK, stop - start))
        if not part:
            break
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _flush_folder(folder: Path) -> None:
    """Let the name of a new file reach the disk too."""
    if fcntl is None:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line_of(content: str) -> bytes:
    encoded = content.encode("ascii")
    return b"%08x %s\n" % (zlib.crc32(encoded), encoded)


def _checked(line: bytes) -> str:
    checksum, _, content = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(content):
        raise PersistenceError("The checksum of a line is wrong.")
    return content.decode("ascii")


_BLOCK = 1 << 20
