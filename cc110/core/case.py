"""The case that a call opens: when it is opened, handed over and closed (SOP S1.6-S1.11).

An owner is a queue's name (the Polda) or ``polres:<extension>``. A case that was opened stays a
case: a later verdict does not close it, a failed transfer leaves it with the Polres as open work
(S1.10, S1.11).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from cc110.core.events import CaseClosed, CaseOpened, CaseUpdated
from cc110.core.ids import AgentId, CaseId, Number, PolresExt


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the call remembers of its case."""

    case_id: CaseId
    owner: str
    opened_at: datetime
    open: bool = True


def polres_owner(polres: PolresExt) -> str:
    """A Polres as the owner of a case; can't be mistaken for a queue's name."""
    return f"polres:{polres}"


def opening(
    case: Case | None, *, owner: str, agent: AgentId, number: Number | None
) -> CaseOpened | None:
    """A valid complaint opens the call's one case; a second opening is none."""
    return None if case else CaseOpened(owner=owner, agent=agent, number=number)


def handover(case: Case | None, polres: PolresExt, reason: str) -> CaseUpdated | None:
    """The case becomes the Polres's work, unless it is closed or the Polres's already."""
    owner = polres_owner(polres)
    if case is None or not case.open or case.owner == owner:
        return None
    return CaseUpdated(owner=owner, reason=reason)


def closing(case: Case | None, by: str, at: datetime) -> CaseClosed | None:
    """An open case is closed once, and not by a code that was pressed before there was a case."""
    meant = case is not None and case.open and at >= case.opened_at
    return CaseClosed(by=by) if meant else None


def updated(case: Case | None, owner: str) -> Case | None:
    """The case with its new owner."""
    return replace(case, owner=owner) if case else None


def closed(case: Case | None) -> Case | None:
    """The case, closed."""
    return replace(case, open=False) if case else None
