"""The pages of findings: what researchers publish about censorship, read by everybody, written here."""

from oonib.web.findings.service import FindingPages

__all__ = ["FindingPages"]
