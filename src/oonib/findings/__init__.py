"""Findings, also called incidents: what researchers publish about censorship (management contract 2).

Owns who sees and who changes them, their addresses (ids, slugs and slugs they had before), and the filters.
Text is kept as it was written: whoever shows it makes it safe.
"""

from oonib.findings.service import FindingsService

__all__ = ["FindingsService"]
