"""The site's data as tables that the PBX's configuration includes. Pure: from values to text.

What may stand in a line is decided where the site's data is read (``cc110.config.fields``): nothing
that arrives here can break out of its line.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cc110.config.model import Config
from cc110.config.secrets import Secrets
from cc110.pbx.tables import calls, climb, network, phones
from cc110.pbx.tables.table import Table

__all__ = ["Table", "call_tables", "tables", "variables_set"]


def call_tables(config: Config) -> Mapping[str, Table]:
    """What the dialplan includes, by file name in ``tables/``."""
    return {
        "globals.conf": calls.variables(config),
        "intake.conf": calls.intake(config),
        "agents.conf": calls.agents(config),
        "polres.conf": calls.polres(config),
        "places.conf": calls.places(config),
        "climb.conf": climb.climbs(config),
    }


@cache
def variables_set() -> frozenset[str]:
    """Every variable that a table may set, whatever the site's data says now: read from the tables' own code.

    With ``*`` at its end where the data tells the rest of the name.
    """
    texts = (file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("*.py"))
    found = (one for text in texts for one in re.finditer(r"(CC110_[A-Z0-9_]+)(\{\w+\})?=", text))
    return frozenset(one[1] + ("*" if one[2] else "") for one in found)


def tables(config: Config, secrets: Secrets) -> Mapping[str, Table]:
    """All tables, by file name in ``tables/``."""
    return {
        **call_tables(config),
        "transport.conf": network.transport(config),
        "transport-tls.conf": network.transport_tls(config),
        "rtp.conf": network.rtp(config),
        "acl-never.conf": network.never_banned(config),
        "manager-general.conf": network.manager_general(config),
        "manager-users.conf": network.manager_users(secrets),
        "pjsip-operators.conf": phones.operators(config, secrets),
        "pjsip-polres.conf": phones.polres(config, secrets),
        "pjsip-trunks.conf": phones.trunks(config),
        "pjsip-test.conf": phones.test_call(config, secrets),
        "pjsip-outside.conf": climb.outside(config),
        "queues.conf": phones.queues(config),
        "queues-general.conf": climb.queues_general(config),
        "queuerules.conf": climb.rules(config),
    }
