"""What can go wrong when talking to Asterisk's manager interface."""

from cc110.pbx.ami.message import AmiMessage


class AmiError(Exception):
    """The manager interface could not do what was asked; the subclasses say why."""


class AmiInjection(AmiError, ValueError):
    """An action that may not go on the wire: control character, bad name, too long or too many."""


class AmiLost(AmiError):
    """No live link. Whether Asterisk carried the action out is unknown; it is never sent again."""


class AmiTimeout(AmiError, TimeoutError):
    """No answer within the action's deadline. An answer that comes later is dropped."""


class AmiOverloaded(AmiError):
    """Too many actions are under way, or Asterisk does not read what was written."""


class AmiLoginRefused(AmiError):
    """Asterisk does not accept the account's name or secret."""


class AmiRefused(AmiError):
    """Asterisk answered a list action with an error.

    Attributes:
        reply: Asterisk's answer.
    """

    def __init__(self, reply: AmiMessage) -> None:
        """Keep the answer; its Message header is the text of the error."""
        super().__init__(reply.get("Message") or reply.name)
        self.reply = reply
