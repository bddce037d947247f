"""What the migrations promise: tables and their columns, read from the migrations themselves."""

from oonib.warehouse.migrations.files import Migration
from oonib.warehouse.sqltext import Token, tokens

_NOT_A_COLUMN = frozenset({"INDEX", "PROJECTION", "CONSTRAINT", "PRIMARY"})


def tables(migrations: list[Migration]) -> dict[str, tuple[str, ...]]:
    """Each table and view with its columns in order; a view written TO a table has none of its own."""
    found: dict[str, tuple[str, ...]] = {}
    for migration in migrations:
        for statement in migration.statements(None):
            _read(list(tokens(statement.encode())), found)
    return found


def _read(words: list[Token], found: dict[str, tuple[str, ...]]) -> None:
    heads = [word.keyword for word in words]
    if heads[:1] == ["CREATE"] and ("TABLE" in heads[:2] or heads[1:3] == ["MATERIALIZED", "VIEW"]):
        at = heads.index("EXISTS") + 1
        name = words[at].text.strip("`")
        found[name] = _columns(words[at + 1 :])
    elif heads[:2] == ["ALTER", "TABLE"]:
        name = words[2].text.strip("`")
        found[name] = (*found.get(name, ()), *_added(words))


def _columns(words: list[Token]) -> tuple[str, ...]:
    if not words or words[0].text != "(":
        return ()
    names = []
    previous = words[0]
    for word in words[1:]:
        if word.depth == 0:
            break
        if word.depth == 1 and word.kind in {"word", "quoted"} and previous.text in {"(", ","}:
            names.append(word)
        previous = word
    return tuple(word.text.strip("`") for word in names if word.keyword not in _NOT_A_COLUMN)


def _added(words: list[Token]) -> list[str]:
    added = []
    for index, word in enumerate(words[:-1]):
        if word.keyword == "COLUMN" and words[index - 1].keyword == "ADD":
            name = words[index + 4] if words[index + 1].keyword == "IF" else words[index + 1]
            added.append(name.text.strip("`"))
    return added
