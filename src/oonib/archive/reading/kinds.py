"""The format of a file of the archive, by its name (fastpath contract 9.2, pipeline contract 1.7). Pure."""

from enum import StrEnum


class Kind(StrEnum):
    """The formats since 2012."""

    POSTCAN = "postcan"
    """A tar of posts, gzip or plain."""
    JSONL = "jsonl"
    """Lines of measurements since 2020, gzip, LZ4 or plain."""
    JSON_LINES_LZ4 = "json_lines_lz4"
    """A legacy report: lines of measurements."""
    TARCAN_LZ4 = "tarcan_lz4"
    """A tar of legacy reports, lines or YAML."""
    YAML_LZ4 = "yaml_lz4"
    """A legacy YAML report, LZ4."""
    YAML = "yaml"
    """A legacy YAML report, plain or gzip."""
    BODY = "body"
    """One measurement, bare or in its envelope."""
    INDEX = "index"
    """The list of a day's cans: holds no measurement."""
    UNKNOWN = "unknown"


_ENDINGS = (
    (".tar.gz", Kind.POSTCAN),
    (".tgz", Kind.POSTCAN),
    (".tar", Kind.POSTCAN),
    (".jsonl.gz", Kind.JSONL),
    (".jsonl.lz4", Kind.JSONL),
    (".jsonl", Kind.JSONL),
    (".tar.lz4", Kind.TARCAN_LZ4),
    (".json.lz4", Kind.JSON_LINES_LZ4),
    (".yaml.lz4", Kind.YAML_LZ4),
    (".yamloo.lz4", Kind.YAML_LZ4),
    (".yaml.gz", Kind.YAML),
    (".yamloo.gz", Kind.YAML),
    (".yamloo", Kind.YAML),
    (".yaml", Kind.YAML),
    (".json.gz", Kind.INDEX),
    (".json", Kind.BODY),
    (".post", Kind.BODY),
)


def kind_of(name: str) -> Kind:
    """The format of a file. `name` is a key or a path; only its last part counts."""
    last = name.rsplit("/", 1)[-1].lower()
    return next((kind for ending, kind in _ENDINGS if last.endswith(ending)), Kind.UNKNOWN)
