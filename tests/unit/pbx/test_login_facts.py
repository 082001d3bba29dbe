"""Security events as Asterisk sends them, and the list of bans as it reads it."""

from datetime import UTC, datetime

import pytest

from cc110.core.guarding import LoginDone, LoginFailed, source_of
from cc110.pbx.ami import AmiMessage
from cc110.pbx.guard import bans_text, login_fact

AT = datetime.fromtimestamp(1795794805.5, UTC)


def event(name: str, **changes: str) -> AmiMessage:
    """A security event of a phone."""
    said = {
        "Event": name,
        "Privilege": "security,all",
        "Severity": "Error",
        "Timestamp": "1795794805.5",
        "Service": "PJSIP",
        "AccountID": "1101",
        "RemoteAddress": "IPV4/UDP/203.0.113.66/39381",
        **changes,
    }
    return AmiMessage(tuple(said.items()))


def test_a_wrong_password_and_an_unknown_account_are_failures() -> None:
    """Over a connection the address is proven."""
    source = source_of("203.0.113.66")
    assert login_fact(event("ChallengeResponseFailed")) == LoginFailed(
        at=AT, source=source, proven=False
    )
    unknown = event(
        "ChallengeResponseFailed",
        AccountID="<unknown>",
        RemoteAddress="IPV6/TLS/2001:db8::7/5061",
    )
    assert login_fact(unknown) == LoginFailed(at=AT, source=source_of("2001:db8::1"), proven=True)
    done = event("SuccessfulAuth", UsingPassword="1")
    assert login_fact(done) == LoginDone(at=AT, source=source)


@pytest.mark.parametrize(
    "message",
    [
        event("InvalidAccountID"),
        event("ChallengeSent"),
        event("FailedACL"),
        event("SuccessfulAuth", UsingPassword="0"),
        event("InvalidPassword", Service="AMI"),
        event("InvalidPassword", RemoteAddress=""),
        event("InvalidPassword", RemoteAddress="IPV4/UDP/trunk/1"),
        event("InvalidPassword", RemoteAddress="IPV4/UDP/1.2.3.4/1/IPV4/UDP/192.0.2.1/1"),
    ],
)
def test_what_is_no_phone_s_log_in_is_no_fact(message: AmiMessage) -> None:
    """An attempt is counted once; the daemon's own accounts are none of these; nonsense is nothing."""
    assert login_fact(message) is None


def test_a_forged_header_or_event_is_not_believed() -> None:
    """What a From user with line breaks makes of a security event: two senders, or half a message."""
    genuine = event("ChallengeResponseFailed").headers
    forged = ("RemoteAddress", "IPV4/TLS/192.0.2.1/1")
    assert login_fact(AmiMessage((*genuine[:5], forged, *genuine[5:]))) is None
    half = (("Event", "SuccessfulAuth"), ("Service", "PJSIP"), ("UsingPassword", "1"), genuine[-1])
    assert login_fact(AmiMessage(half)) is None


def test_the_list_has_one_line_for_each_address() -> None:
    """As ``acl.conf`` of Asterisk reads them."""
    text = bans_text([source_of("203.0.113.66"), source_of("2001:db8::7")])
    assert text.splitlines()[1:] == ["deny = 203.0.113.66", "deny = 2001:db8::/64"]
