"""Reading the headers of a SIP message as it came off the network."""

import re
from typing import Final

Headers = dict[str, list[str]]

_ANSWER_AFTER: Final = re.compile(r"answer-after\s*=\s*(\d+)", re.IGNORECASE)
_COMPACT: Final = {
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "v": "via",
    "c": "content-type",
    "l": "content-length",
    "k": "supported",
    "s": "subject",
}


def parse(message: str) -> Headers:
    """The headers of a SIP message, lower-case names to values in order (RFC 3261, 7.3)."""
    found: Headers = {}
    head = message.replace("\r\n", "\n").partition("\n\n")[0]
    unfolded = re.sub(r"\n[ \t]+", " ", head)
    for line in unfolded.split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            found.setdefault(_COMPACT.get(key, key), []).append(value.strip())
    return found


def answer_after(headers: Headers) -> float | None:
    """Seconds after which the caller asks the phone to answer by itself, or None.

    What desk phones obey: the parameter ``answer-after`` of Call-Info or Alert-Info, and
    ``info=alert-autoanswer`` in Alert-Info (RFC 7462 has the field), which means at once.
    """
    for value in headers.get("call-info", []) + headers.get("alert-info", []):
        if found := _ANSWER_AFTER.search(value):
            return float(found.group(1))
        if "auto" in value.lower() and "answer" in value.lower():
            return 0.0
    return None
