"""The pages of OONI Run links: what a link measures, its revisions, and the form to make and edit one."""

from oonib.web.runs.service import RunPages

__all__ = ["RunPages"]
