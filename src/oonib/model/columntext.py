"""Text of a measurement as the columns of tables hold it, the same in every table that rows are joined by."""

LONGEST = 16 * 1024
"""Characters. Lists of results and the index of a table carry these; a web address has a few hundred."""


def storable(value: str) -> str:
    """`value`, cut where it is longer than `LONGEST`, with lone surrogates as U+FFFD."""
    value = value[:LONGEST]
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        # Through UTF-16 two surrogates that make a pair become their character, lone ones U+FFFD.
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value
