"""The caller's menu: what his keys mean so far, and what his choice is worth in the queue.

| keys | meaning |
|---|---|
| ``1`` | emergency |
| ``2`` | complaint |
| ``3`` | information |
| ``55`` | cannot speak |
| ``9``, then one of these | the same, in English |

No key press is ever needed: nothing, or nothing that is understood, is an emergency.
"""

from dataclasses import dataclass

from cc110.core.words import Language, MenuChoice

CHOICES = {
    "1": MenuChoice.EMERGENCY,
    "2": MenuChoice.COMPLAINT,
    "3": MenuChoice.INFORMATION,
    "55": MenuChoice.CANNOT_SPEAK,
}
ENGLISH = "9"

RETURNED_PRIORITY = 10
"""A caller who had been out of the queue goes before all others."""

PRIORITIES = {
    MenuChoice.EMERGENCY: 5,
    MenuChoice.CANNOT_SPEAK: 5,
    MenuChoice.COMPLAINT: 3,
    MenuChoice.INFORMATION: 1,
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The keys are a choice."""

    choice: MenuChoice
    language: Language = Language.INDONESIAN


@dataclass(frozen=True, kw_only=True)
class NeedMore:
    """The keys may become a choice."""

    language: Language = Language.INDONESIAN


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """The keys can't become a choice any more."""

    language: Language = Language.INDONESIAN


def read_keys(keys: str) -> Chosen | NeedMore | Unknown:
    """What the keys pressed so far mean."""
    language = Language.ENGLISH if keys.startswith(ENGLISH) else Language.INDONESIAN
    rest = keys.removeprefix(ENGLISH)
    if rest in CHOICES:
        return Chosen(choice=CHOICES[rest], language=language)
    if any(choice.startswith(rest) for choice in CHOICES):
        return NeedMore(language=language)
    return Unknown(language=language)


def settled(keys: str) -> Chosen:
    """What the keys mean when no more will come: an emergency, unless they are a choice."""
    read = read_keys(keys)
    if isinstance(read, Chosen):
        return read
    return Chosen(choice=MenuChoice.EMERGENCY, language=read.language)


def priority_of(choice: MenuChoice) -> int:
    """The priority in the queue; a higher one goes first."""
    return PRIORITIES[choice]
