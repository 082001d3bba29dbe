"""What can go wrong in a FastAGI session. Each ends only its own session."""


class AgiError(Exception):
    """A FastAGI session can't go on."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class AgiInjection(AgiError):
    """A control character may not go into a command."""


class AgiProtocolError(AgiError):
    """The peer does not speak AGI."""


class AgiRefused(AgiError):
    """Asterisk refused the command."""


class AgiSilent(AgiError):
    """Asterisk did not answer in time."""


class CallerHungUp(AgiError):
    """The caller has hung up."""
