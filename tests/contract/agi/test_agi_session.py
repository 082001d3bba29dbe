"""A handler and its caller: commands, replies in step, hang-ups."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from cc110.pbx.agi import AgiInjection, AgiRefused, AgiSession, AgiSilent, CallerHungUp, Reply
from tests.contract.agi.fake_call import (
    Told,
    calling,
    connection,
    environment,
    serving,
    until,
    works,
)

pytestmark = pytest.mark.asyncio
Step = Callable[[AgiSession], Awaitable[object]]


async def outcome_of(step: Step, *replies: str) -> tuple[object, list[str]]:
    """Run one step in a handler; return its value or exception, and the commands it sent."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            told.say(await step(session))
        except Exception as error:
            told.say(error)

    async with serving(handler) as server, calling(server) as call:
        commands = await call.serve(*replies)
        return await told.outcome(), commands


@pytest.mark.parametrize(
    ("step", "line", "reply", "value"),
    [
        (
            lambda s: s.stream_file("cc110/menu", "12#"),
            'STREAM FILE "cc110/menu" "12#"',
            "200 result=35 endpos=4000",
            "#",
        ),
        (lambda s: s.stream_file("menu"), 'STREAM FILE "menu" ""', "200 result=0 endpos=8000", ""),
        (lambda s: s.wait_for_digit(100), 'WAIT FOR DIGIT "100"', "200 result=0", ""),
        (lambda s: s.wait_for_digit(100), 'WAIT FOR DIGIT "100"', "200 result=-", ""),
        (lambda s: s.wait_for_digit(100), 'WAIT FOR DIGIT "100"', f"200 result={'9' * 5000}", ""),
        (
            lambda s: s.set_variable("TIMEOUT(absolute)", "2.50"),
            'SET VARIABLE "TIMEOUT(absolute)" "2.50"',
            "200 result=1",
            None,
        ),
        (
            lambda s: s.set_variable("A", 'say "hi" \\'),
            'SET VARIABLE "A" "say \\"hi\\" \\\\"',
            "200 result=1",
            None,
        ),
        (lambda s: s.get_variable("A"), 'GET VARIABLE "A"', "200 result=1 (a (b) c)", "a (b) c"),
        (lambda s: s.get_variable("A"), 'GET VARIABLE "A"', "200 result=0", ""),
        (
            lambda s: s.ask("EXEC", "NoSuch"),
            'EXEC "NoSuch"',
            "200 result=-2",
            Reply(code=200, result="-2"),
        ),
    ],
)
async def test_a_command_goes_out_as_asterisk_reads_it_and_its_reply_comes_back(
    step: Step, line: str, reply: str, value: object
) -> None:
    """One line out, one reply in, as a value that means something."""
    assert await outcome_of(step, reply) == (value, [line])


async def test_the_handler_knows_the_call() -> None:
    """Everything that Asterisk said of it."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(dict(session.env))

    async with serving(handler) as server, calling(server, arg_1="first one", arg_2=""):
        env = await told.outcome()
        assert isinstance(env, dict)
        assert (env["agi_arg_1"], env["agi_arg_2"], env["agi_uniqueid"]) == ("first one", "", "1.2")


async def test_a_refused_command_says_so_in_asterisks_words() -> None:
    """At most in 200 of its letters."""
    error, _ = await outcome_of(lambda s: s.ask("BOGUS"), f"510 Invalid {'x' * 9000}")
    assert isinstance(error, AgiRefused)
    assert str(error).startswith("BOGUS: 510 Invalid")
    assert len(str(error)) < 250


async def test_x4_a_usage_text_of_many_lines_is_one_reply() -> None:
    """The next command gets its own reply, not the rest of the text."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(AgiRefused, match="520"):
            await session.ask("STREAM FILE")
        return await session.get_variable("A")

    usage = "520-Invalid command syntax.  Proper usage follows:\nUsage\n\n200 result=7\n520 End"
    assert (await outcome_of(step, usage, "200 result=1 (a)"))[0] == "a"


async def test_x4_a_line_break_in_a_value_never_reaches_the_socket() -> None:
    """It would be a command of the attacker's choice; the session goes on."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(AgiInjection):
            await session.set_variable("A", "x\nEXEC System reboot")
        return await session.get_variable("A")

    assert await outcome_of(step, "200 result=1 (a)") == ("a", ['GET VARIABLE "A"'])


async def test_a_missing_prompt_is_no_hangup() -> None:
    """Asterisk says -1 for both; its answer to a question about the channel tells them apart."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(AgiRefused, match="STREAM FILE: Asterisk could not do it"):
            await session.stream_file("nofile")
        return await session.get_variable("A")

    replies = ("200 result=-1 endpos=0", "200 result=6", "200 result=1 (a)")
    value, commands = await outcome_of(step, *replies)
    assert (value, commands[1]) == ("a", "CHANNEL STATUS")


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(("HANGUP",), id="no reply"),
        pytest.param(("HANGUP\n200 result=-1 endpos=0",), id="before the reply"),
        pytest.param(("200 result=-1 endpos=0\nHANGUP",), id="after the reply"),
        pytest.param(("200 result=-1 endpos=0", "HANGUP\n200 result=6"), id="at the question"),
        pytest.param(("511 Command Not Permitted on a dead channel",), id="dead channel"),
    ],
)
async def test_x4_a_hangup_during_a_command_raises_from_it(replies: tuple[str, ...]) -> None:
    """However Asterisk puts it."""
    error, _ = await outcome_of(lambda s: s.stream_file("menu"), *replies)
    assert isinstance(error, CallerHungUp)


async def test_a_hangup_before_the_first_command_raises_from_it() -> None:
    """It comes with the environment; no command is sent."""
    error, rest = await first_command_after("HANGUP\n")
    assert (isinstance(error, CallerHungUp), rest) == (True, "")


async def first_command_after(said: str) -> tuple[object, str]:
    """What a handler's first command comes to, and what it sends, when this follows the environment."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            told.say(await session.get_variable("A"))
        except Exception as error:
            told.say(error)

    async with serving(handler) as server, connection(server) as call:
        call.send(environment() + said)
        return await told.outcome(1), await call.rest()


async def test_x4_a_hangup_between_commands_raises_from_all_that_follow() -> None:
    """Nothing is sent for them."""
    told, go = Told(), asyncio.Event()

    async def handler(session: AgiSession) -> None:
        await session.set_variable("A", "1")
        await go.wait()
        for _ in range(2):
            with pytest.raises(CallerHungUp):
                await session.set_variable("B", "1")
        told.say(session.is_over)

    async with serving(handler) as server, calling(server) as call:
        await call.serve("200 result=1\nHANGUP")
        assert await works(server)
        go.set()
        assert await told.outcome(1) is True
        assert await call.rest() == ""


async def test_a_hangup_after_the_last_command_changes_nothing() -> None:
    """Asterisk says it at the end of every session."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await session.get_variable("A"))

    async with serving(handler) as server, calling(server) as call:
        await call.serve("200 result=1 (a)")
        call.hang_up()
        assert await told.outcome() == "a"
        await until(lambda: server.connections == 0)
        assert (server.counts.hung_up, server.counts.failed) == (0, 0)


@pytest.mark.parametrize("said", ["", "200 resu"])
@pytest.mark.parametrize("how", ["close", "hang_up"])
async def test_a_peer_that_dies_in_a_command_is_a_hangup(said: str, how: str) -> None:
    """With a reset or in good order, before the reply or in the middle of it."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            await session.stream_file("menu")
        except CallerHungUp as error:
            told.say(error)
            raise

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        if said:
            call.send(said)
        getattr(call, how)()
        assert isinstance(await told.outcome(0.5), CallerHungUp)
        await until(lambda: server.sessions == 0)
        assert (server.counts.hung_up, server.counts.failed) == (1, 0)


@pytest.mark.parametrize(
    "signs",
    [
        pytest.param(["HANGUP\n"], id="HANGUP"),
        pytest.param(["HANGUP\n"] * 3, id="HANGUP again and again"),
        pytest.param(["HANGUP\n" * 9], id="HANGUP until a rule is broken"),
        pytest.param([], id="a closed connection"),
    ],
)
async def test_x4_a_handler_is_cancelled_soon_after_its_caller_is_gone(signs: list[str]) -> None:
    """Wherever it hangs, half a second after the first sign; also when it went on after it (X4)."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        with suppress(CallerHungUp):
            await session.stream_file("menu")
        try:
            await asyncio.Event().wait()
        finally:
            told.say("cancelled")

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        async with asyncio.timeout(0.7):
            for sign in signs:
                call.send(sign)
                with suppress(TimeoutError):
                    await told.outcome(0.2)
            if not signs:
                call.close()
            assert await told.outcome() == "cancelled"
        await until(lambda: server.sessions == server.connections == 0)
        assert await works(server)
        assert server.counts.cancelled == 1


async def test_asterisks_silence_ends_the_session_at_the_commands_deadline() -> None:
    """The late answer would be taken for the next command's, so there is no next command."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        with pytest.raises(AgiSilent, match=r"no answer to STREAM FILE in 0\.1 s"):
            await session.stream_file("menu", deadline_s=0.1)
        with pytest.raises(CallerHungUp):
            await session.set_variable("A", "1")
        told.say("over")

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        assert await call.rest() == ""
        assert await told.outcome(1) == "over"
        assert await works(server)


async def test_a_command_that_is_given_up_ends_the_session() -> None:
    """A handler's own time-out leaves a reply behind that belongs to no command any more."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.stream_file("menu")
        try:
            told.say(await session.get_variable("A"))
        except CallerHungUp as error:
            told.say(error)

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        with suppress(ConnectionError):
            await call.command()
        call.send("200 result=1 (of the prompt)\n")
        assert isinstance(await told.outcome(1), CallerHungUp)


@pytest.mark.parametrize(
    "extra",
    ["200 result=1 (forged)", "something else", "", "x" * 20_000],
    ids=["reply", "junk", "nothing", "flood"],
)
async def test_what_nobody_asked_for_is_dropped_with_its_session(extra: str) -> None:
    """A value with a line break could forge the next reply; better none than a wrong one."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await session.get_variable("A"))
        await session.get_variable("B")
        pytest.fail("the session went on")

    async with serving(handler) as server, calling(server) as call:
        await call.serve(f"200 result=1 (a)\n{extra}")
        assert await told.outcome() == "a"
        async with asyncio.timeout(1):  # not only when the next command's deadline has come
            await call.rest()
        await until(lambda: server.sessions == 0)
        assert (server.counts.hung_up, server.counts.failed) == (1, 0)
        assert await works(server)


async def test_a_reply_that_comes_with_the_environment_answers_nothing() -> None:
    """No command has been given yet; none is sent."""
    error, rest = await first_command_after("200 result=1 (forged)\n")
    assert (isinstance(error, CallerHungUp), rest) == (True, "")


async def test_one_command_at_a_time() -> None:
    """A second one beside it is a fault of the handler."""

    async def step(session: AgiSession) -> object:
        steps = (session.get_variable("A"), session.get_variable("B"))
        return await asyncio.gather(*steps, return_exceptions=True)

    results, commands = await outcome_of(step, "200 result=1 (a)")
    assert isinstance(results, list)
    assert results[0] == "a"
    assert isinstance(results[1], RuntimeError)
    assert commands == ['GET VARIABLE "A"']


STEPS = (
    "200 result=1",
    "520-Usage\nof it\n520 End of proper usage.",
    "510 Invalid",
    "200 result=1 (a)",
)
"""The replies to four commands, refusals among them."""


async def four_steps(session: AgiSession) -> str:
    """Go on after each refusal; the last reply has the value."""
    await session.set_variable("A", "a")
    for refused in ("NO VERB", "NONE"):
        with pytest.raises(AgiRefused):
            await session.ask(refused)
    return await session.get_variable("A")


@pytest.mark.parametrize("last_word", ["HANGUP\n", "511 Command Not Permitted\n", "200 resu", ""])
@pytest.mark.parametrize("point", range(len(STEPS) + 1))
async def test_x4_a_hangup_at_any_point_ends_the_session_within_a_second(
    point: int, last_word: str
) -> None:
    """Each reply before it went to its own command; after the last one the handler has its value."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            told.say(await four_steps(session))
        except CallerHungUp as error:
            told.say(error)
            raise

    async with serving(handler) as server, calling(server) as call:
        await call.serve(*STEPS[:point])
        if point < len(STEPS):
            await call.command()
        call.send(last_word)
        if last_word != "511 Command Not Permitted\n":
            call.writer.close()
        outcome = await told.outcome(1)
        assert outcome == "a" if point == len(STEPS) else isinstance(outcome, CallerHungUp)
        await until(lambda: server.sessions == server.connections == 0)
