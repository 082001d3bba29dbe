"""Asterisk's manager interface (AMI): a supervised client that hides the library behind it."""

from cc110.pbx.ami.client import AmiClient, LinkState, OnDown, OnUp
from cc110.pbx.ami.counts import AmiCounts
from cc110.pbx.ami.errors import (
    AmiError,
    AmiInjection,
    AmiLoginRefused,
    AmiLost,
    AmiOverloaded,
    AmiRefused,
    AmiTimeout,
)
from cc110.pbx.ami.events import EventQueue
from cc110.pbx.ami.message import AmiMessage
from cc110.pbx.ami.settings import AmiSettings
from cc110.pbx.ami.wire import AmiAction, WireCounts

__all__ = [
    "AmiAction",
    "AmiClient",
    "AmiCounts",
    "AmiError",
    "AmiInjection",
    "AmiLoginRefused",
    "AmiLost",
    "AmiMessage",
    "AmiOverloaded",
    "AmiRefused",
    "AmiSettings",
    "AmiTimeout",
    "EventQueue",
    "LinkState",
    "OnDown",
    "OnUp",
    "WireCounts",
]
