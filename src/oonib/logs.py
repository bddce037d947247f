"""How oonib logs: one line per event, JSON where no person is looking. No address, e-mail or secret goes in.

Loggers are made where they are used with `structlog.get_logger("<component>")`; this module only decides
what becomes of the events.
"""

import logging
import sys

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str = "info", component: str = "oonib") -> None:
    """Send events of `level` and above to standard error, with the bound request id where there is one."""
    # The driver logs each failed try on its own, without our fields; what fails is logged by its callers.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _component(component),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _component(name: str) -> structlog.typing.Processor:
    def add(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event.setdefault("component", name)
        return event

    return add
