"""What a look at one thing found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DO_RUN: Final = "`cc110 run` starts everything"


class Health(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARN = "warn"
    """It works, or nobody asked for it yet; somebody should know."""
    FAIL = "fail"
    """110 does not work like that, or not fully."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's report."""

    name: str
    health: Health
    said: str
    advice: str = ""
    """What to do about it; empty when all is well."""


def ok(name: str, said: str) -> Finding:
    """All is well."""
    return Finding(name=name, health=Health.OK, said=said)


def warn(name: str, said: str, advice: str) -> Finding:
    """Somebody should know."""
    return Finding(name=name, health=Health.WARN, said=said, advice=advice)


def fail(name: str, said: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(name=name, health=Health.FAIL, said=said, advice=advice)


def split(sentence: str) -> tuple[str, str]:
    """What is wrong and what to do, from an error's sentence of the form ``wrong: do``."""
    said, _, advice = sentence.rstrip(".").rpartition(": ")
    return (said, advice) if said else (advice, "see docs/operations.md")


def worst(findings: Iterable[Finding]) -> Health:
    """The worst of them."""
    found = {one.health for one in findings}
    return next((one for one in (Health.FAIL, Health.WARN) if one in found), Health.OK)
