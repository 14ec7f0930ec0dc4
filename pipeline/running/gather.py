"""A listing → the cache keys of each document's reading and tags; missing ones are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from tqdm.auto import tqdm

from pipeline.base.encodings import decode_text
from pipeline.base.errors import CorpusError, ModelError, PipelineError
from pipeline.base.paths import AUTHORITIES
from pipeline.base.settings import Settings
from pipeline.documents.authorities import authorities_beside, load_authorities
from pipeline.running.cache import Cache, in_batches, key_of
from pipeline.running.failures import (
    LASTING_TROUBLES,
    duplicate,
    error_of_trouble,
    replaced,
    unread,
)
from pipeline.running.job import (
    Answer,
    Job,
    Keys,
    Reading,
    failed_reading,
    key_of_tags,
    pack_reading,
    unpack_reading,
)
from pipeline.running.listing import Listing
from pipeline.running.local import spread_jobs
from pipeline.running.versions import (
    digest_of_files,
    extras_version,
    reading_version,
    tagging_version,
)
from pipeline.tagging.model_folder import files_of_model

# Starting a process takes as long as reading and tagging this many reports.
WORTH_A_PROCESS = 15


@dataclass(frozen=True)
class Found:
    """The cache keys of the reading and the tags of a document that counts."""

    reading: str
    tags: str = ""


@dataclass
class Gathered:
    """Where the results of a folder are in the cache, by source file, and what could not be read.

    `duplicates` gives, for each copy, the file that counts. `lasting` is true if another run over
    the same files would find the same.
    """

    found: dict[str, Found] = field(default_factory=dict)
    failures: list[dict[str, str]] = field(default_factory=list)
    duplicates: dict[str, str] = field(default_factory=dict)
    lasting: bool = True


def gather(listing: Listing, cache: Cache, settings: Settings, model: Path | None) -> Gathered:
    """Read, and with a `model` tag, every listed document whose results the cache lacks.

    Of several copies the first that can be read counts. (The same bytes may be a report under one
    name and, under another, a web page saved as PDF.) A document that its publisher has replaced
    is read only if what replaced it cannot be.
    """
    gathered = Gathered(failures=list(listing.failures))
    gatherer = Gatherer(listing, cache, settings, model)
    older: dict[str, list[str]] = {}
    for old, new in listing.replaced.items():
        older.setdefault(new, []).append(old)
    names = [name for name in listing.files if name not in listing.replaced]
    while names or older:
        _gather(names, listing, gatherer, gathered)
        is_read = gathered.found.keys() | gathered.duplicates.keys()
        for new in is_read & older.keys():
            gathered.failures += [replaced(old, new) for old in older.pop(new)]
        older = {olds[0]: olds[1:] for olds in older.values() if olds}
        names = list(older)
    gathered.lasting = gatherer.lasting
    gathered.failures += [duplicate(*pair) for pair in gathered.duplicates.items()]
    return gathered


def _gather(
    names: Iterable[str], listing: Listing, gatherer: Gatherer, gathered: Gathered
) -> None:
    """Add the documents of these names to what is `gathered`."""
    counted = {listing.files[name]: name for name in gathered.found}
    copies: dict[str, list[str]] = {}
    for name in names:
        if (sha256 := listing.files[name]) in counted:
            gathered.duplicates[name] = counted[sha256]
        else:
            copies.setdefault(sha256, []).append(name)
    waiting = {each[0]: each[1:] for each in copies.values()}
    with tqdm(
        total=len(waiting), desc="Reading", unit="document", disable=gatherer.quiet or None
    ) as progress:
        while waiting:
            again: dict[str, list[str]] = {}
            for source_file, found in gatherer.find(waiting):
                others = waiting[source_file]
                if isinstance(found, Found):
                    gathered.found[source_file] = found
                    gathered.duplicates |= dict.fromkeys(others, source_file)
                else:
                    gathered.failures.append(unread(source_file, found))
                    if others:
                        again[others[0]] = others[1:]
                progress.update()
            waiting = again


class Gatherer:
    """Finds results in the cache and has missing ones made."""

    def __init__(
        self, listing: Listing, cache: Cache, settings: Settings, model: Path | None
    ) -> None:
        self._listing = listing
        self._cache = cache
        self._settings = settings
        self.quiet = settings.quiet
        self._more = _read_more_authorities(listing.folder)
        self.lasting = True
        self._reading_key = (
            reading_version(),
            digest_of_files([AUTHORITIES]),
            self._more,
            settings.limits,
            settings.reader,
            extras_version(settings),
        )
        self._model = str(model.resolve()) if model is not None else ""
        self._tags_key: tuple[str, ...] = ()
        if model is not None:
            self._tags_key = (tagging_version(), digest_of_files(files_of_model(model)))

    def find(self, names: Iterable[str]) -> Iterator[tuple[str, Found | PipelineError]]:
        """Yields the result or error of each document, those in the cache first."""
        missing: dict[str, str] = {}
        for batch in in_batches(names):
            keys = {name: self._key_of_reading(name) for name in batch}
            found: dict[str, Found] = {}
            results = self._cache.get_all(list(keys.values()))
            for (name, key), data in zip(keys.items(), results, strict=True):
                reading = self._reading_in(data, name, key)
                if reading is None:
                    missing[name] = ""
                elif reading.failure:
                    yield name, _error_of(reading)
                else:
                    found[name] = Found(key, self._key_of_tags(reading.passages))
            tags = {told.tags for told in found.values() if told.tags}
            lacking = self._lacking(tags)
            for name, told in found.items():
                if told.tags in lacking:
                    missing[name] = told.reading
                else:
                    yield name, told
        self._cache.note_uses()
        jobs = (self._job(name, key) for name, key in missing.items())
        for answer in self._spread(jobs, 1 + len(missing) // WORTH_A_PROCESS):
            yield answer.source_file, self._keep(answer)

    def _reading_in(self, data: bytes | None, name: str, key: str) -> Reading | None:
        """The reading that the cache has under `key`, if it is one of this document."""
        if data is None:
            return None
        own = {"source_file": name, "sha256": self._listing.files[name]}
        with suppress(OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            reading = unpack_reading(data, with_paragraphs=False)
            if reading.failure or own.items() <= reading.document.items():
                return reading
        self._cache.drop(key)
        return None

    def find_tags(self, readings: Iterable[tuple[str, Reading]]) -> list[str]:
        """The cache keys of the tags of each (name, reading), in order; missing tags are made."""
        keys: list[str] = []

        def jobs() -> Iterator[Job]:
            for name, reading in readings:
                keys.append(self._key_of_tags(reading.passages))
                if self._lacking(keys[-1:]):
                    yield Job(
                        name,
                        limits=self._settings.limits,
                        model=self._model,
                        reading=pack_reading(reading),
                        keys=self._keys(),
                    )

        for answer in self._spread(jobs()):
            if isinstance(failure := self._keep(answer), PipelineError):
                raise CorpusError(f"{answer.source_file}: {failure}", failure.hint)
        return keys

    def _spread(self, jobs: Iterator[Job], at_most: int | None = None) -> Iterator[Answer]:
        if self._settings.cluster:
            # Dask is an extra that only a run on a cluster needs.
            from pipeline.running.cluster import spread_over_cluster

            return spread_over_cluster(jobs, self._settings.cluster)
        return spread_jobs(jobs, self._settings.processes, at_most)

    def _key_of_reading(self, name: str) -> str:
        return key_of("reading", self._listing.files[name], name, *self._reading_key)

    def _key_of_tags(self, passages: str) -> str:
        return key_of_tags(passages, self._tags_key) if self._tags_key else ""

    def _lacking(self, keys: Iterable[str]) -> set[str]:
        """Those of some keys under which the cache has nothing."""
        keys = list(keys)
        results = self._cache.get_all(keys)
        return {key for key, data in zip(keys, results, strict=True) if data is None}

    def _keys(self, reading: str = "", is_read: bool = False) -> Keys | None:
        """Where the results of a job go; None if they come back to this process."""
        address = self._cache.address
        return Keys(address, reading, is_read, self._tags_key) if address else None

    def _job(self, name: str, key: str) -> Job:
        """The job for a document, whose reading is in the cache if there is a `key`."""
        keys = self._keys(self._key_of_reading(name), bool(key))
        return Job(
            source_file=name,
            path=str(self._listing.folder.resolve() / name),
            sha256=self._listing.files[name],
            limits=self._settings.limits,
            more_authorities=self._more,
            reader=self._settings.reader,
            ocr=self._settings.ocr,
            model=self._model,
            reading=(self._cache.get(key) or b"") if key and keys is None else b"",
            keys=keys,
        )

    def _keep(self, answer: Answer) -> Found | PipelineError:
        name = answer.source_file
        if answer.trouble == "model":
            raise ModelError(answer.detail)
        if answer.trouble:
            error = error_of_trouble(answer.trouble, answer.detail, self._settings.limits)
            if answer.trouble not in LASTING_TROUBLES:
                self.lasting = False
                return error
            answer = Answer(name, pack_reading(failed_reading(error)))
        reading = unpack_reading(answer.reading, with_paragraphs=False)
        key = self._key_of_reading(name) if name in self._listing.files else ""
        if key and not answer.kept:
            self._cache.put(key, answer.reading)
        if reading.failure:
            return _error_of(reading)
        found = Found(key, self._key_of_tags(reading.passages))
        if found.tags and not answer.kept:
            self._cache.put(found.tags, answer.tags)
        return found


def _error_of(reading: Reading) -> PipelineError:
    return PipelineError(reading.failure["reason"], reading.failure["what_to_do"])


def _read_more_authorities(folder: Path) -> str:
    """The text of a corpus's own `authorities.csv`, empty if it has none.

    Raises `CorpusError` if it is not a table of authorities.
    """
    path = authorities_beside(folder)
    if path is None:
        return ""
    load_authorities(path)
    return decode_text(path.read_bytes())
