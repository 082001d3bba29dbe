"""The one room that knows both languages: Asterisk's messages and the core's facts.

Pure functions, by where a message comes from: what the dialplan says by itself (``told``), Asterisk's own
events about calls (``events``) and operators (``members``), its list of channels (``channels``). A message
that makes no sense makes no fact: the caller never pays for it.
"""

from cc110.pbx.translate.channels import seen_calls
from cc110.pbx.translate.events import call_facts
from cc110.pbx.translate.fields import endpoint_of, happened_at
from cc110.pbx.translate.members import roster_facts
from cc110.pbx.translate.told import dialplan_fact

__all__ = [
    "call_facts",
    "dialplan_fact",
    "endpoint_of",
    "happened_at",
    "roster_facts",
    "seen_calls",
]
