"""What an AMI client has seen since it was made, for `doctor`, metrics and tests."""

from dataclasses import dataclass, field

from cc110.pbx.ami.wire import WireCounts


@dataclass(kw_only=True)
class AmiCounts:
    """Totals over all links of one client.

    Attributes:
        links: links that went LIVE.
        losses: links that ended after their resync had begun.
        refusals: refused logins.
        overflows: links closed because the event queue was full.
        timeouts: actions that had no answer in time.
        late: answers that came after their deadline, or that nobody had asked for; dropped.
        roundtrip_s: how long the newest answer to a ping took; 0 = there was none yet.
        wire: what came in, byte by byte.
    """

    links: int = 0
    losses: int = 0
    refusals: int = 0
    overflows: int = 0
    timeouts: int = 0
    late: int = 0
    roundtrip_s: float = 0.0
    wire: WireCounts = field(default_factory=WireCounts)
