"""The number in a P-Asserted-Identity header, as it should be read: the measure for the dialplan's own reading."""

from cc110.core.numbers import normalise


def number_in(header: str) -> str:
    """Of the last URI's user part, without its parameters; empty if that identifies nobody."""
    uri = header.rpartition("<")[2].partition(">")[0]
    scheme, _, rest = uri.partition(":")
    user, at, _ = rest.partition("@")
    scheme = "".join(sign for sign in scheme.lower() if sign.isascii() and sign.isalpha())
    known = scheme == "tel" or (scheme in ("sip", "sips") and at)
    return (normalise(user.partition(";")[0]) or "") if known else ""
