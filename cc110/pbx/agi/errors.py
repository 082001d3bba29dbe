"""What can go wrong in a FastAGI session. Each ends only its own session."""

from cc110.ports import Cc110Error


class AgiNotListening(Cc110Error):
    """The daemon can't listen for the dialplan."""


class AgiError(Exception):
    """A FastAGI session can't go on as asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class AgiInjection(AgiError, ValueError):
    """A command that may not go on the wire: a control character, or too long."""


class AgiRefused(AgiError):
    """Asterisk does not know or allow the command, or could not do it (a prompt is missing)."""


class AgiSilent(AgiError, TimeoutError):
    """Asterisk did not answer in time; the connection is cut, so that no answer can shift."""


class CallerHungUp(AgiError):
    """The caller has hung up, or Asterisk has gone on without us."""
