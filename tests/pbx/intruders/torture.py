"""The messages of RFC 4475 (SIP torture tests), as they go on the wire, addressed to this PBX.

Each has the RFC's name and what the RFC is about: white space, folding, escapes, lengths, wrong figures, wrong
framing. Hosts, branches and Call-IDs are this bench's, so that an answer finds its way back; what is tested is
left as it is. ``unreason``, ``noreason`` and ``bigcode`` are responses. Bodies are SDP unless said otherwise.
"""

from dataclasses import dataclass
from typing import Final

_SDP: Final = (
    "v=0\r\no=mhandley 29739 7272939 IN IP4 {a}\r\ns=-\r\nc=IN IP4 {a}\r\nt=0 0\r\n"
    "m=audio 49217 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n"
)
_LONG: Final = "longvalue" * 30


@dataclass(frozen=True, kw_only=True)
class Torture:
    """One message, with places for ``{h}``, ``{p}`` (the PBX), ``{s}`` and ``{a}`` (the sender with and without
    his port) and ``{n}`` (a number)."""

    name: str
    text: str
    calls: bool = False
    """Whether it is a valid INVITE for 110: from the trunk it may become a call."""
    length: int | None = None
    """Content-Length as said; None = as it is. The placeholder is ``{length}``."""
    raw: tuple[tuple[str, bytes], ...] = ()
    """Bytes that no text has, for marks in the text."""
    after: bytes = b""
    """What follows in the same datagram."""

    def datagram(self, host: str, port: int, source: str, number: int) -> bytes:
        """The bytes on the wire."""
        text = self.text.replace("\n", "\r\n").replace("\r\r\n", "\r\n")
        for mark, value in (
            ("{h}", host),
            ("{p}", str(port)),
            ("{s}", source),
            ("{a}", source.partition(":")[0]),
            ("{n}", str(number)),
        ):
            text = text.replace(mark, value)
        head, gap, body = text.partition("\r\n\r\n")
        length = len(body.encode()) if self.length is None else self.length
        wire = (head.replace("{length}", str(length)) + gap + body).encode()
        for mark, octets in self.raw:
            wire = wire.replace(mark.encode(), octets)
        return wire + self.after


def _invite(
    name: str,
    *,
    start: str = "INVITE sip:110@{h}:{p} SIP/2.0",
    via: str = "Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK{n}",
    to: str = "To: <sip:110@{h}>",
    from_: str = "From: <sip:081200000001@{s}>;tag=t{n}",
    call_id: str = "Call-ID: t{n}",
    cseq: str = "CSeq: 1 INVITE",
    contact: str = "Contact: <sip:caller@{s}>",
    more: str = "",
    kind: str = "Content-Type: application/sdp",
    said_length: str = "Content-Length: {length}",
    body: str = _SDP,
    calls: bool = False,
    length: int | None = None,
    raw: tuple[tuple[str, bytes], ...] = (),
    after: bytes = b"",
) -> Torture:
    """An INVITE that is plain but for what is given."""
    lines = [
        start,
        via,
        "Max-Forwards: 70",
        to,
        from_,
        call_id,
        cseq,
        contact,
        more,
        kind,
        said_length,
    ]
    text = "\n".join(line for line in lines if line) + "\n\n" + body
    return Torture(name=name, text=text, calls=calls, length=length, raw=raw, after=after)


def _other(
    name: str, method: str, more: str = "", *, uri: str = "sip:110@{h}:{p}", **given: str
) -> Torture:
    """A request that is no INVITE."""
    lines = [
        f"{method} {uri} SIP/2.0",
        given.get("via", "Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK{n}"),
        given.get("to", "To: <sip:110@{h}>"),
        given.get("from_", "From: <sip:081200000001@{s}>;tag=t{n}"),
        given.get("forwards", "Max-Forwards: 70"),
        "Call-ID: t{n}",
        given.get("cseq", f"CSeq: 7 {method}"),
        more,
        given.get("said_length", "Content-Length: {length}"),
    ]
    return Torture(name=name, text="\n".join(line for line in lines if line) + "\n\n")


def _response(name: str, status: str, raw: tuple[tuple[str, bytes], ...] = ()) -> Torture:
    lines = [
        f"SIP/2.0 {status}",
        "Via: SIP/2.0/UDP {h}:{p};branch=z9hG4bK{n}",
        "From: <sip:u@{h}>;tag=1",
        "To: <sip:u@{s}>;tag=2",
        "Call-ID: t{n}",
        "CSeq: 35 INVITE",
        "Contact: <sip:u@{s}>",
        "Content-Length: 0",
    ]
    return Torture(name=name, text="\n".join(lines) + "\n\n", raw=raw)


VALID: Final = (
    Torture(
        name="3.1.1.1 wsinv",
        calls=True,
        text=(
            "INVITE sip:110@{h}:{p};unknownparam SIP/2.0\nTO :\n sip:110@{h}\n"
            'from   : "J Rosenberg \\\\\\""       <sip:081200000001@{s}>\n  ;\n  tag = t{n}\n'
            "MaX-fOrWaRdS: 0068\nCall-ID: t{n}\nContent-Length   : {length}\n"
            "cseq: 0009\n  INVITE\nVia  : SIP  /   2.0\n /UDP\n    {s};branch=z9hG4bK{n};rport\n"
            "s :\nNewFangledHeader:   newfangled value\n continued newfangled value\n"
            "UnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
            "Route:\n <sip:{h}:{p};lr;unknownwith=value;unknown-no-value>\n"
            "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n"
            " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
            'm:"Quoted string \\"\\"" <sip:jdrosen@{s}> ; newparam =\n      newvalue ;\n'
            "  secondparam ; q = 0.33\n\n"
        )
        + _SDP,
    ),
    Torture(
        name="3.1.1.2 intmeth",
        text=(
            "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
            ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@{h} SIP/2.0\n"
            "Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK-.!%66*_+`'~{n}\n"
            'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/;;*@{h}>\n'
            "From: token1~` token2'+_ token3*%!.- <sip:mundane@{s}>;fromParam''~+*_!.-%=\"\u0440\u0430\u0431\""
            ";tag=_token~1'+`*%!-.\n"
            "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{{n}\nCSeq: 139122385 "
            "!interesting-Method0123456789_*+`.%indeed'~\nMax-Forwards: 255\n"
            "extensionHeader-!.%*+_`'~:\ufeff\u5927\u505c\u96fb\nContent-Length: 0\n\n"
        ),
    ),
    _invite(
        "3.1.1.3 esc01",
        start="INVITE sip:%31%31%30@{h}:{p} SIP/2.0",
        to="To: <sip:%75se%72@{h}>",
        from_="From: <sip:I%20have%20spaces@{s}>;tag=t{n}",
        contact="Contact: <sip:cal%6Cer@{s};%6C%72;n%61me=v%61lue%25%34%31>",
        calls=True,
    ),
    _other(
        "3.1.1.4 escnull",
        "REGISTER",
        "Contact: <sip:%00@{s}>\nContact: <sip:%00%00@{s}>",
        uri="sip:{h}:{p}",
        to="To: sip:null-%00-null@{h}",
        from_="From: sip:null-%00-null@{s};tag=t{n}",
    ),
    _other("3.1.1.5 esc02", "RE%47IST%45R", "Contact: <sip:alias1@{s}>", uri="sip:{h}:{p}"),
    _other(
        "3.1.1.6 lwsdisp",
        "OPTIONS",
        to="To: sip:user@{h}",
        from_="From: caller<sip:caller@{s}>;tag=t{n}",
    ),
    _invite(
        "3.1.1.7 longreq",
        to=f'To: "I have a user name of extreme proportion {_LONG}"<sip:110@{{h}};unknownparam1={_LONG};'
        f"longparam{'name' * 40}=x>",
        from_=f"From: sip:081200000001@{{s}};tag=t{{n}};unknownheaderparam{_LONG}={_LONG};unknownValueless{_LONG}",
        call_id="Call-ID: t{n}" + "really" * 40,
        more=f"Unknown-{_LONG}-Name: unknown-{_LONG}-value\n"
        + "\n".join(f"Via: SIP/2.0/TCP sip{n}.example.com" for n in range(33, 0, -1)),
        contact=f"Contact: <sip:amazinglylongcallername{_LONG}@{{s}}>",
        calls=True,
    ),
    _other(
        "3.1.1.8 dblreq",
        "REGISTER",
        "Contact: sip:j.user@{s}",
        uri="sip:{h}:{p}",
        said_length="l: 0",
    ),
    _other("3.1.1.9 semiuri", "OPTIONS", uri="sip:user;par=u%40example.net@{h}"),
    _other(
        "3.1.1.10 transports",
        "OPTIONS",
        "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf\n"
        "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj\n"
        "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en\n"
        "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
    ),
    Torture(
        name="3.1.1.11 mpart01",
        raw=(("@BINARY@", bytes(range(256))),),
        text=(
            "MESSAGE sip:110@{h}:{p} SIP/2.0\nVia: SIP/2.0/UDP {s};rport;branch=z9hG4bK{n}\nMax-Forwards: 70\n"
            "From: <sip:a@{s}>;tag=t{n}\nTo: <sip:110@{h}>\nCall-ID: t{n}\nCSeq: 1 MESSAGE\n"
            "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\nContent-Length: {length}\n\n"
            "--7a9cbec02ceef655\nContent-Type: text/plain\n\nHello\n--7a9cbec02ceef655\n"
            "Content-Type: application/octet-stream\nContent-Transfer-Encoding: binary\n\n@BINARY@\n"
            "--7a9cbec02ceef655--\n"
        ),
    ),
    _response(
        "3.1.1.12 unreason",
        "200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e",
    ),
    _response("3.1.1.13 noreason", "100 "),
)
"""3.1.1: odd, and right."""

INVALID: Final = (
    _invite(
        "3.1.2.1 badinv01",
        from_='From: "Mr. J. User <sip:j.user@{s}> ;;;;;;;;tag=t{n}',
        contact='Contact: "Joe" <sip:joe@{s}>;;;;',
        via="Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK{n};;,;,,",
    ),
    _invite("3.1.2.2 clerr", length=9999),
    _invite("3.1.2.3 ncl", length=-999),
    _other(
        "3.1.2.4 scalar02",
        "REGISTER",
        "Contact: <sip:user@{s}>;expires=280297596632815\nExpires: 0" + "1" * 30,
        uri="sip:{h}:{p}",
        forwards="Max-Forwards: 300",
        cseq="CSeq: 36893488147419103232 REGISTER",
        via="Via: SIP/2.0/UDP {s}:5070000;rport;branch=z9hG4bK{n};ttl=1000",
    ),
    _response(
        "3.1.2.5 scalarlg",
        '503 Service Unavailable\nRetry-After: 949302838503028349304023988\nWarning: 1812 o "In Progress"',
    ),
    _invite("3.1.2.6 quotbal", to='To: "Mr. J. User <sip:110@{h}>'),
    _invite("3.1.2.7 ltgtruri", start="INVITE <sip:110@{h}:{p}> SIP/2.0"),
    _invite("3.1.2.8 lwsruri", start="INVITE sip:110@{h}:{p}; lr SIP/2.0"),
    _invite("3.1.2.9 lwsstart", start="INVITE  sip:110@{h}:{p}  SIP/2.0"),
    _invite("3.1.2.10 trws", start="INVITE sip:110@{h}:{p} SIP/2.0  "),
    _invite(
        "3.1.2.11 escruri", start="INVITE sip:110@{h}:{p}?Route=%3Csip:sip.example.com%3E SIP/2.0"
    ),
    _invite("3.1.2.12 baddate", more="Date: Fri, 01 Jan 2010 16:00:00 EST"),
    _other(
        "3.1.2.13 regbadct",
        "REGISTER",
        "Contact: sip:user@{s}?Route=%3Csip:sip.example.com%3E",
        uri="sip:{h}:{p}",
    ),
    _other(
        "3.1.2.14 badaspec",
        "OPTIONS",
        from_='From: "Bell, Alexander" <sip:a.g.bell@{s}>;tag=t{n}',
        to='To: "Watson, Thomas" < sip:t.watson@{h} >',
    ),
    _other(
        "3.1.2.15 baddn",
        "OPTIONS",
        from_="From: Bell, Alexander <sip:a.g.bell@{s}>;tag=t{n}",
        to="To: Watson, Thomas <sip:t.watson@{h}>",
    ),
    _invite("3.1.2.16 badvers", start="INVITE sip:110@{h}:{p} SIP/7.0"),
    _invite("3.1.2.17 mismatch01", cseq="CSeq: 1 OPTIONS"),
    _other("3.1.2.18 mismatch02", "NEWMETHOD", cseq="CSeq: 8 INVITE"),
    _response("3.1.2.19 bigcode", "4294967301 better not break the receiver"),
    _invite("3.2.1 badbranch", via="Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK"),
    Torture(
        name="3.3.1 insuf",
        text=(
            "INVITE sip:110@{h}:{p} SIP/2.0\nCSeq: 193942 INVITE\n"
            "Via: SIP/2.0/UDP {s};rport;branch=z9hG4bK{n}\n"
            "Content-Type: application/sdp\nl: {length}\n\n"
        )
        + _SDP,
    ),
    _other("3.3.2 unkscm", "OPTIONS", uri="nobodyKnowsThisScheme:totallyopaquecontent"),
    _other("3.3.3 novelsc", "OPTIONS", uri="soap.beep://192.0.2.103:3002"),
    _other(
        "3.3.4 unksm2",
        "REGISTER",
        "Contact: <name:John_Smith>",
        uri="sip:{h}:{p}",
        to="To: isbn:2983792873",
        from_="From: <http://www.example.com>;tag=t{n}",
    ),
    _other(
        "3.3.5 bext01",
        "OPTIONS",
        "Require: nothingSupportsThis, nothingSupportsThisEither\nProxy-Require: noProxiesSupportThis",
    ),
    _invite(
        "3.3.6 invut",
        kind="Content-Type: application/unknownformat",
        body='<audio>\n <pcmu port="443"/>\n</audio>\n',
    ),
    _other(
        "3.3.7 regaut01",
        "REGISTER",
        "Contact: <sip:j.user@{s}>\nAuthorization: NoOneKnowsThisScheme opaque-data=here",
        uri="sip:{h}:{p}",
    ),
    _invite(
        "3.3.8 multi01",
        more="Call-ID: other{n}\nTo: <sip:other@{h}>\nFrom: <sip:other@{s}>;tag=o\nCSeq: 59 INVITE\nMax-Forwards: 5",
    ),
    _invite("3.3.9 mcl01", more="Content-Length: 5"),
    _response("3.3.10 bcast", "200 OK\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"),
    _other("3.3.11 zeromf", "OPTIONS", forwards="Max-Forwards: 0"),
    _other(
        "3.3.12 cparam01",
        "REGISTER",
        "Contact: sip:+19725552222@{s};unknownparam",
        uri="sip:{h}:{p}",
    ),
    _other(
        "3.3.13 cparam02",
        "REGISTER",
        "Contact: <sip:+19725552222@{s};unknownparam>",
        uri="sip:{h}:{p}",
    ),
    _other(
        "3.3.14 regescrt",
        "REGISTER",
        "Contact: <sip:user@{s}?Route=%3Csip:sip.example.com%3E>",
        uri="sip:{h}:{p}",
    ),
    _invite(
        "3.3.15 sdp01",
        kind="Content-Type: application/sdp\nAccept: text/nobodyKnowsThis",
        calls=True,
    ),
    Torture(
        name="3.4.1 inv2543",
        calls=True,
        text=(
            "INVITE sip:110@{h}:{p} SIP/2.0\nVia: SIP/2.0/UDP {s};rport\nTo: sip:110@{h}\n"
            "From: sip:081200000001@{s}\nCall-ID: t{n}\nCSeq: 1 INVITE\nContact: <sip:c@{s}>\n"
            "Content-Type: application/sdp\nContent-Length: {length}\n\n"
        )
        + _SDP,
    ),
)
"""3.1.2 to 3.4: wrong, or right and of no use here."""

TOLERATED: Final = frozenset(
    {
        "3.1.2.2 clerr",
        "3.1.2.9 lwsstart",
        "3.1.2.10 trws",
        "3.1.2.11 escruri",
        "3.1.2.12 baddate",
        "3.2.1 badbranch",
        "3.3.8 multi01",
        "3.3.9 mcl01",
        "nested multipart",
    }
)
"""Wrong INVITEs for 110 that PJSIP reads all the same: a person calls, so that is as well."""

WORSE: Final = (
    Torture(name="nothing", text=""),
    Torture(name="line breaks", text="\n" * 200),
    Torture(name="NUL", text="@Z@", raw=(("@Z@", b"\0" * 1000),)),
    Torture(name="no SIP", text="GET / HTTP/1.1\nHost: {h}\n\n"),
    _invite("NUL in the user", start="INVITE sip:110@Z@9@{h}:{p} SIP/2.0", raw=(("@Z@", b"\0"),)),
    _invite(
        "no UTF-8 in the name",
        from_='From: "@X@" <sip:081200000001@{s}>;tag=t{n}',
        raw=(("@X@", b"\xff\xfe\x80\xc3"),),
        calls=True,
    ),
    _invite(
        "4 KB of a name",
        from_=f'From: "{"A" * 4096}" <sip:081200000001@{{s}}>;tag=t{{n}}',
        calls=True,
    ),
    _invite("4 KB of a user", from_=f"From: <sip:{'9' * 4096}@{{s}}>;tag=t{{n}}", calls=True),
    _invite("40 KB", more=f"X-Long: {'x' * 40000}", calls=True),
    _invite("a thousand headers", more="\n".join(f"X-{n}: y" for n in range(1000)), calls=True),
    _invite(
        "a thousand routes",
        more="\n".join("Route: <sip:{h}:{p};lr>" for _ in range(300)),
        calls=True,
    ),
    _invite(
        "SDP with wrong figures",
        body=(
            "v=0\no=- 9999999999999999999999 -1 IN IP4 999.1.1.1\ns=-\nt=0 0\n"
            "m=audio 99999999 RTP/AVP 8 300 -1\nc=IN IP6 1.2.3.4\n"
        ),
    ),
    _invite("SDP without an end", body="v=0\no=" + "x" * 5000),
    _invite(
        "nested multipart",
        kind="Content-Type: multipart/mixed;boundary=" + "b" * 60,
        body=("--" + "b" * 60 + "\nContent-Type: multipart/mixed;boundary=x\n\n--x\n") * 50,
    ),
    _invite("Replaces", more="Replaces: x@y;to-tag=1;from-tag=2"),
    _invite(
        "Session-Expires",
        more="Session-Expires: 1\nMin-SE: 99999999999\nSupported: timer,100rel,replaces",
    ),
    _invite("Require", more="Require: 100rel,precondition,replaces,histinfo"),
    _other("BYE without a dialog", "BYE"),
    _other("CANCEL of nothing", "CANCEL"),
    _other("PRACK of nothing", "PRACK", "RAck: 99999999999999 1 INVITE"),
    _other(
        "REFER",
        "REFER",
        "Refer-To: <sip:0900123@{h}>\nReferred-By: <sip:110@{h}>\nContact: <sip:c@{s}>",
    ),
    _other("SUBSCRIBE", "SUBSCRIBE", "Event: dialog\nContact: <sip:c@{s}>\nExpires: 60"),
    _other(
        "NOTIFY", "NOTIFY", "Event: check-sync\nSubscription-State: active\nContact: <sip:c@{s}>"
    ),
    _other("PUBLISH", "PUBLISH", "Event: presence\nExpires: 60"),
    _other("UPDATE without a dialog", "UPDATE", "Contact: <sip:c@{s}>"),
)
"""Not of the RFC."""
