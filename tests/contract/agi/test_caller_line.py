"""A caller over FastAGI: what Asterisk is told for a greeting, command by command."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from cc110.config.load import checkout
from cc110.core.words import Language, MenuChoice
from cc110.pbx import caller_line
from cc110.pbx.agi import AgiSession, AgiSilent, CallerHungUp
from cc110.pbx.caller_line import AgiCallerLine
from cc110.pbx.prompts import Prompts, read_prompts
from tests.contract.agi.fake_call import Told, calling, serving

pytestmark = pytest.mark.asyncio
Step = Callable[[AgiCallerLine], Awaitable[object]]
DONE = "200 result=1"
SPOKE = 'SET VARIABLE "CC110_SPOKE" "1"'


def prompts() -> Prompts:
    """The ones in the repository."""
    found, problems = read_prompts(checkout() / "dialplan" / "prompts" / "prompts.toml")
    assert not problems
    return found


async def outcome_of(
    step: Step, *replies: str, number: str = "6280000000110"
) -> tuple[object, list[str]]:
    """Do something with a caller; return what came of it, and what Asterisk was told."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            told.say(await step(AgiCallerLine(session, prompts(), Language.INDONESIAN)))
        except Exception as error:
            told.say(error)

    async with serving(handler) as server, calling(server, arg_1="a call", arg_2=number) as call:
        commands = await call.serve(*replies)
        return await told.outcome(), commands


def patience(seconds: float) -> str:
    """The watchdog, put forward."""
    return f'SET VARIABLE "TIMEOUT(absolute)" "{seconds:.2f}"'


async def test_each_prompt_has_its_own_time_and_the_first_one_is_told() -> None:
    """Two seconds more than it may last; from the first on the dialplan does not greet again."""

    async def step(line: AgiCallerLine) -> object:
        return [await line.play("greeting-pagi", "12"), await line.play("menu", "12")]

    greeting, menu = prompts()["greeting-pagi"].max_s, prompts()["menu"].max_s
    played = "200 result=0 endpos=8000"
    keys, commands = await outcome_of(step, DONE, DONE, played, DONE, "200 result=50 endpos=1")
    assert keys == ["", "2"]
    assert commands == [
        patience(greeting + 2),
        SPOKE,
        'STREAM FILE "cc110/greeting-pagi" "12"',
        patience(menu + 2),
        'STREAM FILE "cc110/menu" "12"',
    ]


async def test_a_prompt_that_asterisk_can_not_play_is_left_out() -> None:
    """It is no hang-up: the caller hears the rest, and the log says which one is missing."""

    async def step(line: AgiCallerLine) -> object:
        return [await line.play("menu", "12"), await line.key(0.3)]

    replies = (DONE, DONE, "200 result=-1 endpos=0", "200 result=6", DONE, "200 result=51")
    with capture_logs() as logs:
        keys, _ = await outcome_of(step, *replies)
    assert keys == ["", "3"]
    (said,) = [one for one in logs if one["log_level"] == "error"]
    assert (said["prompt"], said["call"]) == ("menu", "a call")


async def test_asterisk_s_silence_is_waited_for_little_longer_than_the_prompt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The dialplan has gone on by then; a session must not be held open for nothing."""
    monkeypatch.setattr(caller_line, "_PATIENCE_S", 0.1)
    monkeypatch.setattr(caller_line, "_BEYOND_S", 0.1)
    async with asyncio.timeout(1):
        error, commands = await outcome_of(lambda line: line.play("beep", ""), DONE, DONE)
    assert isinstance(error, AgiSilent)
    assert len(commands) == 2


async def test_a_key_is_waited_for_with_the_watchdog_behind_it() -> None:
    """And not at all when there is no time for it."""
    key, commands = await outcome_of(lambda line: line.key(0.3), DONE, "200 result=53")
    assert (key, commands) == ("5", [patience(2.3), 'WAIT FOR DIGIT "300"'])
    assert await outcome_of(lambda line: line.key(0)) == ("", [])


async def test_english_is_the_channel_s_language_and_the_dialplan_s() -> None:
    """Said once."""

    async def step(line: AgiCallerLine) -> object:
        return [await line.speak(Language(word)) for word in ("id", "en", "en")]

    changed, commands = await outcome_of(step, DONE, DONE)
    assert changed == [False, True, False]
    assert commands == ['SET VARIABLE "CHANNEL(language)" "en"', 'SET VARIABLE "CC110_LANG" "en"']


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("3x kasus buka", ['SET VARIABLE "CC110_LABEL" "3x kasus buka"']),
        ("", []),
        ("a\nHANGUP", []),
        ("x" * 9000, []),
    ],
)
async def test_the_choice_is_the_last_word(label: str, told: list[str]) -> None:
    """Nothing that is known of a caller, and nothing wrong with it, keeps his choice back."""
    _, commands = await outcome_of(
        lambda line: line.done(MenuChoice.COMPLAINT, label), *[DONE] * (len(told) + 1)
    )
    assert commands == [*told, 'SET VARIABLE "CC110_CHOICE" "complaint"']


@pytest.mark.parametrize(
    ("said", "number"),
    [("6280000000110", "6280000000110"), ("", None), ("anonim", None), ("62' OR 1=1", None)],
)
async def test_only_a_number_in_normal_form_is_one(said: str, number: str | None) -> None:
    """Whoever has none is looked up nowhere."""

    async def step(line: AgiCallerLine) -> object:
        return line.number

    assert await outcome_of(step, number=said) == (number, [])


@pytest.mark.parametrize(
    "step",
    [
        lambda line: line.play("menu", "12"),
        lambda line: line.key(0.3),
        lambda line: line.speak(Language.ENGLISH),
        lambda line: line.done(MenuChoice.EMERGENCY, "1x"),
    ],
)
async def test_a_caller_who_hangs_up_ends_every_step(step: Step) -> None:
    """At its first command already."""
    error, commands = await outcome_of(step, "HANGUP")
    assert isinstance(error, CallerHungUp)
    assert len(commands) == 1


async def test_a_prompt_of_which_nothing_is_played_is_named() -> None:
    """Asterisk reports a file that is not there as a success of no samples (res/res_agi.c); the greeting goes on."""
    missing: list[tuple[str, str]] = []
    told = Told()

    async def handler(session: AgiSession) -> None:
        line = AgiCallerLine(
            session,
            prompts(),
            Language.INDONESIAN,
            not_played=lambda call, prompt: missing.append((call, prompt)),
        )
        told.say([await line.play("greeting-pagi", "12"), await line.play("menu", "12")])

    async with serving(handler) as server, calling(server, arg_1="a call") as call:
        await call.serve(DONE, DONE, "200 result=0 endpos=0", DONE, "200 result=50 endpos=0")
        assert await told.outcome() == ["", "2"]
    assert missing == [("a call", "greeting-pagi")]
