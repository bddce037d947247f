"""The schema: numbered SQL files, applied once each, rendered for one server or for a cluster."""

from oonib.warehouse.migrations.runner import Applied, MigrationChangedError, Problem, check, migrate, render

__all__ = ["Applied", "MigrationChangedError", "Problem", "check", "migrate", "render"]
