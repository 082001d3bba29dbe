"""Greeting and menu of one caller: what he hears, what his keys mean, and that he never waits for us."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from cc110.config.load import load
from cc110.core.greeting import greeting_keys
from cc110.core.ids import Number
from cc110.core.words import Language, MenuChoice
from cc110.pbx.agi import CallerHungUp
from cc110.pbx.prompts import Prompts, read_prompts
from cc110.service.ivr import ANY_KEY, Ivr
from cc110.service.known import LookUps

NUMBER = Number("6280000000110")
WIB = ZoneInfo("Asia/Jakarta")
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 08:00 WIB
PAGI = ("greeting-pagi", "notice-recorded", "warning-prank", "menu")
WAIT_S, NEXT_KEY_S = 0.3, 1.0


@dataclass
class Caller:
    """A caller who does at each step what is written, and hangs up where nothing is written.

    Attributes:
        does: for each prompt and each pause: a key, or nothing.
        told: everything he heard and was asked, and how it ended, in order.
    """

    does: Sequence[str]
    number: Number | None = NUMBER
    language: Language = Language.INDONESIAN
    told: list[object] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    patience: int = 100

    def _step(self, what: object) -> None:
        self.told.append(what)
        if len(self.told) > self.patience:
            raise CallerHungUp

    def _does(self) -> str:
        done, self.does = self.does[:1], self.does[1:]
        return done[0] if done else ""

    async def play(self, prompt: str, keys: str) -> str:
        self._step(prompt)
        self.keys.append(keys)
        return self._does()

    async def key(self, seconds: float) -> str:
        self._step(seconds)
        return self._does()

    async def speak(self, language: Language) -> bool:
        self._step(language)
        before, self.language = self.language, language
        return before is not language

    async def done(self, choice: MenuChoice, label: str) -> None:
        self._step((choice, label))


class StoppedClock:
    """A clock that shows one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


async def nobody(_: Number) -> str:
    """Nothing is known of anybody."""
    return ""


def ivr(
    *,
    with_menu: bool = True,
    now: datetime = MORNING,
    zone: tzinfo = WIB,
    known: LookUps | None = None,
) -> Ivr:
    """An IVR with a menu, at eight in the morning."""
    clock, look_ups = StoppedClock(now), known or LookUps(nobody)
    return Ivr(clock, zone, look_ups, with_menu=with_menu, wait_s=WAIT_S, next_key_s=NEXT_KEY_S)


EMERGENCY = (MenuChoice.EMERGENCY, "")
COMPLAINT = (MenuChoice.COMPLAINT, "")
INFORMATION = (MenuChoice.INFORMATION, "")
CANNOT_SPEAK = (MenuChoice.CANNOT_SPEAK, "")
ENGLISH = Language.ENGLISH


@pytest.mark.parametrize(
    ("does", "told"),
    [
        pytest.param([], [*PAGI, WAIT_S, EMERGENCY], id="no key"),
        pytest.param(["1"], [PAGI[0], EMERGENCY], id="1 at once"),
        pytest.param(["", "2"], [*PAGI[:2], COMPLAINT], id="2 in the notice"),
        pytest.param(["", "", "3"], [*PAGI[:3], INFORMATION], id="3 in the warning"),
        pytest.param(["", "", "", "2"], [*PAGI, COMPLAINT], id="2 in the menu"),
        pytest.param(["", "", "", "", "3"], [*PAGI, WAIT_S, INFORMATION], id="3 after the menu"),
        pytest.param(["5", "5"], [PAGI[0], NEXT_KEY_S, "cannot-speak", CANNOT_SPEAK], id="55"),
        pytest.param(
            ["5", "5", "1"], [PAGI[0], NEXT_KEY_S, "cannot-speak", CANNOT_SPEAK], id="551"
        ),
        pytest.param(["5", ""], [PAGI[0], NEXT_KEY_S, EMERGENCY], id="5 and no more"),
        pytest.param(["5", "2"], [PAGI[0], NEXT_KEY_S, EMERGENCY], id="5, then another key"),
        pytest.param(["8"], [PAGI[0], EMERGENCY], id="a key without a meaning"),
        pytest.param(["#"], [PAGI[0], EMERGENCY], id="a sign"),
        pytest.param(["9", "2"], [PAGI[0], ENGLISH, "menu", COMPLAINT], id="9, 2 in the menu"),
        pytest.param(
            ["9", "", "2"], [PAGI[0], ENGLISH, "menu", NEXT_KEY_S, COMPLAINT], id="9, 2 after it"
        ),
        pytest.param(
            ["9", "", ""], [PAGI[0], ENGLISH, "menu", NEXT_KEY_S, EMERGENCY], id="9 and no more"
        ),
        pytest.param(["9", "9"], [PAGI[0], ENGLISH, "menu", EMERGENCY], id="99"),
        pytest.param(["9", "7"], [PAGI[0], ENGLISH, "menu", EMERGENCY], id="9, then no meaning"),
        pytest.param(
            ["9", "5", "5"],
            [PAGI[0], ENGLISH, "menu", ENGLISH, NEXT_KEY_S, "cannot-speak", CANNOT_SPEAK],
            id="955",
        ),
    ],
)
async def test_what_a_caller_presses_is_what_he_gets(does: list[str], told: list[object]) -> None:
    """Each way through the menu, prompt by prompt; whatever is not understood is an emergency."""
    caller = Caller(does)
    await ivr().greet(caller)
    assert caller.told == told


async def test_any_key_interrupts_any_prompt() -> None:
    """A person in panic presses what he finds."""
    caller = Caller(["", "", "", "9", "5", "5"])
    await ivr().greet(caller)
    assert caller.keys == [ANY_KEY] * 6
    assert set(ANY_KEY) == set("0123456789*#")


async def test_who_listens_in_english_already_is_not_told_the_menu_again() -> None:
    """On a site whose first language it is."""
    caller = Caller(["9", "2"], language=Language.ENGLISH)
    await ivr().greet(caller)
    assert caller.told == [PAGI[0], ENGLISH, NEXT_KEY_S, COMPLAINT]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ([], [*PAGI[:3], EMERGENCY]),
        (["2"], [PAGI[0], EMERGENCY]),
        (["", "9"], [*PAGI[:2], EMERGENCY]),
    ],
)
async def test_without_a_menu_a_key_only_cuts_the_greeting_short(
    does: list[str], told: list[object]
) -> None:
    """It means nothing, and nothing is waited for."""
    caller = Caller(does)
    await ivr(with_menu=False).greet(caller)
    assert caller.told == told


@pytest.mark.parametrize(
    ("utc", "zone", "greeting"),
    [
        ("20:59", "Asia/Jakarta", "greeting-malam"),
        ("21:00", "Asia/Jakarta", "greeting-pagi"),
        ("03:59", "Asia/Jakarta", "greeting-pagi"),
        ("04:00", "Asia/Jakarta", "greeting-siang"),
        ("07:59", "Asia/Jakarta", "greeting-siang"),
        ("08:00", "Asia/Jakarta", "greeting-sore"),
        ("10:59", "Asia/Jakarta", "greeting-sore"),
        ("11:00", "Asia/Jakarta", "greeting-malam"),
        ("20:00", "Asia/Makassar", "greeting-pagi"),
        ("19:00", "Asia/Jayapura", "greeting-pagi"),
        ("09:00", "Asia/Jayapura", "greeting-malam"),
    ],
)
async def test_the_greeting_is_that_of_the_site_s_own_time_of_day(
    utc: str, zone: str, greeting: str
) -> None:
    """Pagi from 4, siang from 11, sore from 15, malam from 18 o'clock."""
    caller = Caller([])
    now = datetime.fromisoformat(f"2026-03-02T{utc}:00+00:00")
    await ivr(now=now, zone=ZoneInfo(zone)).greet(caller)
    assert caller.told[:4] == [greeting, *PAGI[1:]]


def demo_prompts() -> Prompts:
    """The ones in the repository."""
    found, problems = read_prompts(load(environ={}).paths.prompts / "prompts.toml")
    assert not problems
    return found


@pytest.mark.parametrize("hour", range(24))
def test_the_longest_greeting_lasts_six_seconds_at_most(hour: int) -> None:
    """Every prompt at its longest, and the silence after the menu (mission, step 3)."""
    prompts, greeting = demo_prompts(), load(environ={}).settings.greeting
    at = datetime(2026, 3, 2, hour, tzinfo=timezone(timedelta(hours=7)))
    lasts = sum(prompts[key].max_s for key in greeting_keys(at, menu=greeting.menu))
    assert lasts + greeting.menu_wait_ms / 1000 <= 6.0


WAYS = [[], ["1"], ["5", "5"], ["5"], ["9", "", "2"], ["9", "5", "5"], ["8"], ["", "", "", "", "3"]]


@pytest.mark.parametrize("does", WAYS)
async def test_a_caller_who_hangs_up_ends_it_wherever_he_is(does: list[str]) -> None:
    """The hang-up goes through to whoever runs the greeting; nothing more is said."""
    whole = Caller(does)
    await ivr().greet(whole)
    for patience in range(len(whole.told)):
        caller = Caller(does, patience=patience)
        with pytest.raises(CallerHungUp):
            await ivr().greet(caller)
        assert caller.told == whole.told[: patience + 1]


# --- what is known of him -----------------------------------------------------------------------


async def test_what_is_known_of_him_is_the_label() -> None:
    """Looked up by his number, while he listens."""

    async def known_of(number: Number) -> str:
        return f"{number} 3x kasus buka"

    caller = Caller(["1"])
    await ivr(known=LookUps(known_of)).greet(caller)
    assert caller.told[-1] == (MenuChoice.EMERGENCY, f"{NUMBER} 3x kasus buka")


async def test_who_has_no_number_is_not_looked_up() -> None:
    """There is nothing to look for."""

    async def known_of(_: Number) -> str:
        pytest.fail("looked up")

    caller = Caller(["1"], number=None)
    await ivr(known=LookUps(known_of)).greet(caller)
    assert caller.told[-1] == EMERGENCY


async def test_a_caller_does_not_wait_for_what_is_known_of_him() -> None:
    """A look-up that is late is left out, and is not the caller's any more."""
    look_ups = LookUps(never, late_s=0.02)
    caller = Caller(["2"])
    async with asyncio.timeout(1):
        await ivr(known=look_ups).greet(caller)
    assert caller.told[-1] == COMPLAINT
    await look_ups.aclose()


async def never(_: Number) -> str:
    """A journal that does not answer."""
    await asyncio.Event().wait()
    return "too late"


async def test_a_look_up_that_fails_costs_nobody_his_choice() -> None:
    """The journal may be gone."""

    async def known_of(_: Number) -> str:
        raise LookupError("no journal")

    caller = Caller(["2"])
    await ivr(known=LookUps(known_of)).greet(caller)
    assert caller.told[-1] == COMPLAINT


async def test_a_caller_who_hangs_up_leaves_no_broken_look_up_behind() -> None:
    """It ends by itself, its failure is nobody's surprise, and closing ends what does not end."""
    before = asyncio.all_tasks()
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def known_of(_: Number) -> str:
        return await answer

    look_ups = LookUps(known_of)
    with pytest.raises(CallerHungUp):
        await ivr(known=look_ups).greet(Caller([], patience=0))
    assert len(asyncio.all_tasks() - before) == 1
    answer.set_exception(LookupError("no journal"))
    await asyncio.wait(asyncio.all_tasks() - before, timeout=1)
    assert asyncio.all_tasks() == before


async def test_closing_ends_all_look_ups() -> None:
    """The daemon goes down; nothing is left running."""
    before = asyncio.all_tasks()
    look_ups = LookUps(never, late_s=0.01)
    for _ in range(3):
        await ivr(known=look_ups).greet(Caller(["1"]))
    assert len(asyncio.all_tasks() - before) == 3
    await look_ups.aclose()
    assert asyncio.all_tasks() == before


async def test_a_journal_that_hangs_gathers_no_look_ups() -> None:
    """Beyond a number under way, nothing is looked up; callers are greeted all the same."""
    asked: list[Number] = []

    async def known_of(number: Number) -> str:
        asked.append(number)
        return await never(number)

    look_ups = LookUps(known_of, most=2, late_s=0.01)
    for _ in range(5):
        caller = Caller(["1"])
        await ivr(known=look_ups).greet(caller)
        assert caller.told[-1] == EMERGENCY
    assert len(asked) == 2
    await look_ups.aclose()


async def test_a_look_up_that_has_ended_makes_room_for_the_next() -> None:
    """The number is of those under way, not of all that ever were."""

    async def known_of(_: Number) -> str:
        return "1x"

    look_ups = LookUps(known_of, most=1)
    for _ in range(3):
        caller = Caller(["1"])
        await ivr(known=look_ups).greet(caller)
        assert caller.told[-1] == (MenuChoice.EMERGENCY, "1x")
