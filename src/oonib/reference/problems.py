"""Why reference data was not renewed. Whatever the reason, what was there before stays in use."""


class ReferenceProblem(Exception):
    """An update was not made. The message is a sentence for the operator and holds no secret."""


class SourceProblem(ReferenceProblem):
    """A source cannot be read, or is larger than anything it could rightly hold."""


class SourceMissing(SourceProblem):
    """There is nothing at this address (status 404 or 410), or no such file."""


class BadContent(ReferenceProblem):
    """A source was read and holds something else than it should: which part (and line), and why."""

    def __init__(self, part: str, line: int, reason: str) -> None:
        where = f"{part} line {line}" if line else part
        super().__init__(f"{where}: {reason}")
        self.part = part
        self.line = line
        self.reason = reason
