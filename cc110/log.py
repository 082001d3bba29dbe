"""Logging: readable on a terminal, JSON lines otherwise."""

import logging
import sys
from typing import Literal

import structlog

Format = Literal["auto", "console", "json"]


def set_up(level: str = "info", form: Format = "auto") -> None:
    """Configure structlog and the standard library's logging for the whole process.

    Args:
        level: debug, info, warning or error.
        form: "auto" is console on a terminal and JSON otherwise.
    """
    on_terminal = sys.stderr.isatty() if form == "auto" else form == "console"
    renderer: structlog.typing.Processor = (
        # Plain tracebacks: rich ones print local variables, callers' numbers included.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if on_terminal
        else structlog.processors.JSONRenderer()
    )
    traceback = [] if on_terminal else [structlog.processors.format_exc_info]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=not on_terminal),
            *traceback,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=max(threshold, logging.WARNING), stream=sys.stderr)
