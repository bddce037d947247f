"""The numbered migration files and how their placeholders become SQL for one server or for a cluster."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from oonib.warehouse.sqltext import tokens

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_ENGINE = re.compile(r"([A-Za-z]*MergeTree)(?:\((.*)\))?")
_CLUSTER = re.compile(r"[A-Za-z0-9_.-]+")
_DEDUP_WINDOW = 10_000
_AS_GOOD = {
    # It filled `fastpath_axes` as well, which 0008 empties and fills again.
    6: frozenset({"6b8e9b57aa0073e3efd1d432fe259e0eaf4326a8d46a02e65bb44ed099a64f4e"}),
}
"""Checksums of earlier texts, by number, after which the tables are the same."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name and its text with placeholders."""

    number: int
    name: str
    source: str

    @property
    def checksum(self) -> str:
        """Of the text as written, so that moving to a cluster changes nothing."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    def is_applied_as(self, checksum: str) -> bool:
        """Whether the text with this checksum, applied under this number, left the same tables."""
        return checksum == self.checksum or checksum in _AS_GOOD.get(self.number, ())

    def statements(self, cluster: str | None) -> list[str]:
        """The statements for one server, or for a cluster."""
        return split(render_text(self.source, cluster))


def load() -> list[Migration]:
    """All migrations that ship with the program, in order."""
    found = []
    for entry in files("oonib.warehouse.migrations").joinpath("sql").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match.group(1)), match.group(2), entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda one: one.number)


def render_text(source: str, cluster: str | None) -> str:
    """The text with its placeholders filled in."""
    if cluster is not None and not _CLUSTER.fullmatch(cluster):
        raise ValueError(f"not a cluster name: {cluster!r}")
    return _PLACEHOLDER.sub(lambda match: _fill(match.group(1), cluster), source)


def split(sql: str) -> list[str]:
    """The statements of a text, without their semicolons and the comments before them."""
    raw = sql.encode()
    statements, start, last_end = [], None, 0
    for token in tokens(raw):
        if token.text == ";" and token.depth == 0:
            if start is not None:
                statements.append(raw[start:last_end].decode())
            start = None
            continue
        start = token.start if start is None else start
        last_end = token.end
    if start is not None:
        statements.append(raw[start:last_end].decode())
    return statements


def _fill(placeholder: str, cluster: str | None) -> str:
    if placeholder == "on_cluster":
        return f" ON CLUSTER '{cluster}'" if cluster else ""
    if placeholder == "dedup_window":
        name = "replicated_deduplication_window" if cluster else "non_replicated_deduplication_window"
        return f"{name} = {_DEDUP_WINDOW}"
    kind, _, engine = placeholder.partition(":")
    match = _ENGINE.fullmatch(engine)
    if kind != "engine" or match is None:
        raise ValueError(f"unknown placeholder {{{{{placeholder}}}}}")
    return _engine(match.group(1), match.group(2) or "", cluster)


def _engine(name: str, arguments: str, cluster: str | None) -> str:
    if cluster is None:
        return f"{name}({arguments})" if arguments else name
    # {uuid}, {shard} and {replica} are the servers' own macros.
    path = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
    return f"Replicated{name}({path}, {arguments})" if arguments else f"Replicated{name}({path})"
