"""One message from Asterisk: an event or a response, as it came."""

from typing import Final

_SUCCESS: Final = frozenset({"success", "follows", "goodbye"})


class AmiMessage:
    """An event or a response. Immutable; headers are looked up without regard to case.

    Of a header that comes more than once, `get` gives the first value.

    Attributes:
        headers: every header in the order in which it came; the first is ``Event`` or ``Response``.
    """

    __slots__ = ("_first", "headers")

    headers: tuple[tuple[str, str], ...]
    _first: dict[str, str]

    def __init__(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Take the headers as they came."""
        object.__setattr__(self, "headers", headers)
        object.__setattr__(self, "_first", {key.lower(): value for key, value in headers[::-1]})

    @property
    def name(self) -> str:
        """An event's name (``Newchannel``), or a response's word (``Success``, ``Error``)."""
        return self.headers[0][1]

    @property
    def is_event(self) -> bool:
        """Whether this is an event; else it is the response to an action."""
        return self.headers[0][0].lower() == "event"

    @property
    def ok(self) -> bool:
        """Whether this is a response that does not report an error."""
        return not self.is_event and self.name.lower() in _SUCCESS

    @property
    def action_id(self) -> str:
        """The ActionID of the action that this message belongs to, or the empty string."""
        return self._first.get("actionid", "")

    def repeats(self, names: frozenset[str]) -> bool:
        """Say whether one of these headers, named in lower case, came more than once."""
        if len(self._first) == len(self.headers):
            return False
        seen = [name for key, _ in self.headers if (name := key.lower()) in names]
        return len(seen) != len(set(seen))

    def get(self, key: str, default: str = "") -> str:
        """Return a header's first value, or the default."""
        return self._first.get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        """Return a header's first value, or raise KeyError."""
        return self._first[key.lower()]

    def __contains__(self, key: str) -> bool:
        """Say whether the header came at all."""
        return key.lower() in self._first

    def all(self, key: str) -> tuple[str, ...]:
        """Return each value of a header that may come more than once, such as ``Output``."""
        wanted = key.lower()
        return tuple(value for name, value in self.headers if name.lower() == wanted)

    def variables(self, key: str = "ChanVariable") -> dict[str, str]:
        """Return the ``name=value`` headers of one key as a dictionary; a first value wins."""
        pairs = (text.partition("=") for text in self.all(key))
        found: dict[str, str] = {}
        for name, _, value in pairs:
            found.setdefault(name, value)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a message is a fact."""
        raise AttributeError(f"an AmiMessage does not change: {name}")

    def __eq__(self, other: object) -> bool:
        """Compare by headers."""
        return isinstance(other, AmiMessage) and self.headers == other.headers

    def __hash__(self) -> int:
        """Hash by headers."""
        return hash(self.headers)

    def __repr__(self) -> str:
        """Show the headers with control characters escaped, at most 200 characters."""
        return f"<AmiMessage {', '.join(f'{k}={v!r}' for k, v in self.headers)[:200]}>"
