"""A handler and its caller: commands, replies in step, hang-ups."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from cc110.pbx.agi import AgiInjection, AgiRefused, AgiSession, AgiSilent, CallerHungUp
from tests.contract.agi.fake_call import Told, calling, serving, works

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
        (lambda s: s.answer(), "ANSWER", "200 result=0", None),
        (lambda s: s.hang_up(), "HANGUP", "200 result=1", None),
        (
            lambda s: s.stream_file("cc110/menu", "12#"),
            'STREAM FILE "cc110/menu" "12#"',
            "200 result=35 endpos=4000",
            "#",
        ),
        (lambda s: s.stream_file("menu"), 'STREAM FILE "menu" ""', "200 result=0 endpos=8000", ""),
        (
            lambda s: s.get_option("menu", "12", 500),
            'GET OPTION "menu" "12" "500"',
            "200 result=50 endpos=1",
            "2",
        ),
        (
            lambda s: s.get_data("menu", 2000, 4),
            'GET DATA "menu" "2000" "4"',
            "200 result=71 (timeout)",
            "71",
        ),
        (lambda s: s.wait_for_digit(100), 'WAIT FOR DIGIT "100"', "200 result=0", ""),
        (lambda s: s.say_digits("110", "*"), 'SAY DIGITS "110" "*"', "200 result=42", "*"),
        (
            lambda s: s.set_variable("TIMEOUT(absolute)", "2.50"),
            'SET VARIABLE "TIMEOUT(absolute)" "2.50"',
            "200 result=1",
            None,
        ),
        (lambda s: s.get_variable("A"), 'GET VARIABLE "A"', "200 result=1 (a) b)", "a) b"),
        (lambda s: s.get_variable("A"), 'GET VARIABLE "A"', "200 result=1 ()", ""),
        (lambda s: s.get_variable("A"), 'GET VARIABLE "A"', "200 result=0", None),
        (
            lambda s: s.get_full_variable("${CHANNEL(state)}"),
            'GET FULL VARIABLE "${CHANNEL(state)}"',
            "200 result=1 (Up)",
            "Up",
        ),
        (
            lambda s: s.database_get("cc110-block", "62812"),
            'DATABASE GET "cc110-block" "62812"',
            "200 result=0",
            None,
        ),
        (
            lambda s: s.exec("Queue", "polda", "c"),
            'EXEC "Queue" "polda,c"',
            "200 result=0",
            "0",
        ),
        (lambda s: s.verbose('say "hi"'), 'VERBOSE "say \\"hi\\"" "1"', "200 result=1", None),
    ],
)
async def test_a_command_goes_out_as_asterisk_reads_it_and_its_reply_comes_back(
    step: Step, line: str, reply: str, value: object
) -> None:
    """One line out, one reply in, as a value that means something."""
    assert await outcome_of(step, reply) == (value, [line])


async def test_the_handler_knows_the_call() -> None:
    """Script, parameters, arguments and channel, each parsed safely."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say((session.script, session.parameters, session.arguments, session.uniqueid))

    more = {"arg_1": "first one", "arg_2": ""}
    async with serving(handler) as server, calling(server, "test?a=b%20c&a=2&d", **more):
        expected = ("test", {"a": "b c", "d": ""}, ("first one", ""), "1.2")
        assert await told.outcome() == expected


@pytest.mark.parametrize(
    ("step", "reply", "text"),
    [
        (lambda s: s.ask("BOGUS"), "510 Invalid or unknown command", "BOGUS: 510 Invalid"),
        (lambda s: s.answer(), "511 Command Not Permitted on a dead channel", "ANSWER: 511"),
        (lambda s: s.exec("NoSuch"), "200 result=-2", "no application 'NoSuch'"),
    ],
)
async def test_a_refused_command_says_so(step: Step, reply: str, text: str) -> None:
    """In Asterisk's words where it has any."""
    error, _ = await outcome_of(step, reply)
    assert isinstance(error, AgiRefused)
    assert text in str(error)


async def test_p2_a_usage_text_of_many_lines_is_one_reply() -> None:
    """The next command gets its own reply, not the rest of the text."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(AgiRefused, match="520"):
            await session.ask("STREAM FILE")
        return await session.get_variable("A")

    usage = "520-Invalid command syntax.  Proper usage follows:\nUsage\n\n200 result=7\n520 End"
    assert (await outcome_of(step, usage, "200 result=1 (a)"))[0] == "a"


async def test_p3_a_line_break_in_a_value_never_reaches_the_socket() -> None:
    """It would be a command of the attacker's choice; the session goes on."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(AgiInjection):
            await session.verbose("x\nEXEC System reboot")
        return await session.get_variable("A")

    assert await outcome_of(step, "200 result=1 (a)") == ("a", ['GET VARIABLE "A"'])


async def test_a_missing_prompt_is_no_hangup() -> None:
    """Asterisk says -1 for both; a look at the channel tells them apart."""
    error, commands = await outcome_of(
        lambda s: s.stream_file("nofile"), "200 result=-1 endpos=0", "200 result=6"
    )
    assert isinstance(error, AgiRefused)
    assert commands[1] == "CHANNEL STATUS"


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param(("200 result=-1\nHANGUP",), id="told with the reply"),
        pytest.param(("200 result=-1", "HANGUP\n511 dead"), id="told with the look"),
        pytest.param(("200 result=-1", "511 dead"), id="not told"),
        pytest.param(("HANGUP\n200 result=-1",), id="told before the reply"),
        pytest.param(("HANGUP",), id="no reply"),
    ],
)
async def test_a_hangup_during_a_command_raises_from_it(replies: tuple[str, ...]) -> None:
    """However Asterisk puts it."""
    error, _ = await outcome_of(lambda s: s.stream_file("menu"), *replies)
    assert isinstance(error, CallerHungUp)


async def test_a_hangup_between_commands_raises_from_the_next_one() -> None:
    """Nothing is sent for it."""
    told, go = Told(), asyncio.Event()

    async def handler(session: AgiSession) -> None:
        await session.verbose("first")
        await go.wait()
        try:
            await session.answer()
        except CallerHungUp as error:
            told.say(error)

    async with serving(handler) as server, calling(server) as call:
        await call.serve("200 result=1\nHANGUP")
        go.set()
        assert isinstance(await told.outcome(1), CallerHungUp)
        assert await call.rest() == ""


async def test_p2_after_a_hangup_replies_stay_matched() -> None:
    """The reply to the command that was given up is skipped, also when it comes much later."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(CallerHungUp):
            await session.stream_file("menu")
        first = session.get_variable("A")
        return await first, await session.get_variable("B")

    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await step(session))

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        call.send("HANGUP\n")
        assert await call.command() == 'GET VARIABLE "A"'
        call.send("200 result=-1\n200 result=1 (a)\n")
        await call.serve("200 result=1 (b)")
        assert await told.outcome() == ("a", "b")


@pytest.mark.parametrize("sign", ["HANGUP\n", ""], ids=["hangup", "closed connection"])
async def test_x4_a_handler_is_cancelled_soon_after_its_caller_is_gone(sign: str) -> None:
    """Wherever it waits, within a second; also when it caught the exception and went on."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        with suppress(CallerHungUp):
            await session.answer()
        try:
            await asyncio.Event().wait()
        finally:
            told.say("cancelled")

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        if sign:
            call.send(sign)
        else:
            call.close()
        assert await told.outcome(1) == "cancelled"
        assert await works(server)
        assert server.counts.hung_up == 1


async def test_asterisks_silence_ends_the_session_at_the_commands_deadline() -> None:
    """The late answer could be taken for the next command's, so the connection is closed."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        try:
            await session.stream_file("menu", deadline_s=0.1)
        except AgiSilent as error:
            told.say(str(error))
            await session.answer()

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        assert await told.outcome(1) == "no answer to STREAM FILE within 0.1 s"
        assert await call.rest() == ""
        assert await works(server)


@pytest.mark.parametrize(
    "extra",
    ["200 result=1 (forged)", "something else", "x" * 20_000],
    ids=["reply", "junk", "flood"],
)
async def test_what_nobody_asked_for_ends_the_session(extra: str) -> None:
    """A value with a line break could forge the next reply; better none than a wrong one."""
    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await session.get_variable("A"))
        await session.get_variable("B")
        told.say("went on")

    async with serving(handler) as server, calling(server) as call:
        await call.serve(f"200 result=1 (a)\n{extra}")
        assert await told.outcome() == "a"
        async with asyncio.timeout(1):  # not only when the next command's deadline has come
            await call.rest()
        assert await works(server)


async def test_one_command_at_a_time() -> None:
    """A second one beside it is a fault of the handler."""

    async def step(session: AgiSession) -> object:
        return await asyncio.gather(session.answer(), session.verbose("x"), return_exceptions=True)

    results, commands = await outcome_of(step, "200 result=0")
    assert isinstance(results, list)
    assert [type(one) for one in results] == [type(None), RuntimeError]
    assert commands == ["ANSWER"]


async def test_a_command_that_was_cancelled_leaves_replies_matched() -> None:
    """A handler may give a prompt up, for example for a time-out of its own."""

    async def step(session: AgiSession) -> object:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.stream_file("menu")
        return await session.get_variable("A")

    told = Told()

    async def handler(session: AgiSession) -> None:
        told.say(await step(session))

    async with serving(handler) as server, calling(server) as call:
        await call.command()
        await call.command()
        call.send("200 result=49 endpos=10\n200 result=1 (a)\n")
        assert await told.outcome() == "a"
