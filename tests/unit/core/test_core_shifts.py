"""Shifts by the clock: who is on, when that changes, what is told, and who is logged out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cc110.core import events as e
from cc110.core import shifts as core
from cc110.core.events import Event
from cc110.core.ids import AgentId, QueueName, UnitId
from cc110.core.roster import Agent, Membership, Roster
from cc110.core.shifts import Duty, OnHolidays, Plan, Shift, ShiftPolicy, UnitPlan, Watch
from cc110.core.words import DeviceState, OffShift, ShiftGap

WIB, WITA, WIT = (ZoneInfo(f"Asia/{city}") for city in ("Jakarta", "Makassar", "Jayapura"))
UNIT, QUEUE = UnitId("polda-sumut"), QueueName("polda-sumut")
SARI, TONO, BUDI = AgentId("1201"), AgentId("1202"), AgentId("1203")
PAGI = Shift(name="pagi", begins=time(7), ends=time(15))
SIANG = Shift(name="siang", begins=time(15), ends=time(23))
MALAM = Shift(name="malam", begins=time(23), ends=time(7))
YEAR = date(2026, 1, 1)
POLICY = ShiftPolicy()
STRICT = ShiftPolicy(log_out=True)


def unit(*duties: Duty, zone: ZoneInfo = WIB, shifts: tuple[Shift, ...] = (PAGI, SIANG, MALAM),
         holidays: tuple[date, ...] = ()) -> Plan:  # fmt: skip
    """A plan of one unit."""
    return (
        UnitPlan(
            unit=UNIT,
            zone=zone,
            shifts=shifts,
            duties=duties,
            holidays=frozenset(holidays),
            operators=frozenset({SARI, TONO, BUDI}),
        ),
    )


PLAN = unit(
    Duty(shift="pagi", since=YEAR, operators=(SARI,)),
    Duty(shift="siang", since=YEAR, operators=(TONO,)),
    Duty(shift="malam", since=YEAR, operators=(BUDI,)),
)


def at(text: str, zone: ZoneInfo = WIB) -> datetime:
    """A local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def room(
    *agents: AgentId, device: DeviceState = DeviceState.NOT_IN_USE, busy: AgentId | None = None
) -> Roster:
    """Who is logged in."""
    places = {
        agent: Membership(
            device=DeviceState.IN_USE if agent == busy else device, in_call=agent == busy
        )
        for agent in agents
    }
    return Roster(
        agents={who: Agent(agent=who, queues={QUEUE: place}) for who, place in places.items()}
    )


def names(found: tuple[core.Stint, ...]) -> list[str]:
    """The shifts alone."""
    return [one.shift for one in found]


def told(found: core.Look) -> list[str]:
    """What was said."""
    return [event.type for event in found.events]


def test_a_shift_begins_and_ends_by_its_unit_s_own_clock() -> None:
    """07:00 at Jakarta, Makassar and Jayapura are an hour apart; the night's shift is of the day that it begins."""
    for zone, hour in ((WIB, 0), (WITA, 23), (WIT, 22)):
        (one,) = core.on_at(unit(zone=zone), at("2026-08-17T07:00", zone))
        assert (one.shift, one.begins.hour, one.begins.tzinfo) == ("pagi", hour, UTC)
    assert names(core.on_at(PLAN, at("2026-08-17T06:59"))) == ["malam"]
    assert names(core.on_at(PLAN, at("2026-08-17T22:59:59"))) == ["siang"]
    (night,) = core.on_at(PLAN, at("2026-08-18T03:00"))
    assert night.begins == at("2026-08-17T23:00")


def test_the_next_change_is_the_nearest_begin_or_end() -> None:
    """At the very moment of a change it is the one after."""
    assert core.next_change(PLAN, at("2026-08-17T06:59")) == at("2026-08-17T07:00")
    assert core.next_change(PLAN, at("2026-08-17T07:00")) == at("2026-08-17T15:00")
    weekly = unit(
        shifts=(Shift(name="rapat", begins=time(9), ends=time(10), weekdays=frozenset({0})),)
    )
    assert core.next_change(weekly, at("2026-08-17T10:00")) == at("2026-08-24T09:00")
    assert core.next_change(unit(shifts=()), at("2026-08-17T10:00")) is None


def test_holidays_and_weekdays_decide_which_shifts_there_are() -> None:
    """Off on a holiday, only on a holiday, as usual; a roster counts on the day on which the shift begins."""
    off = Shift(name="kantor", begins=time(8), ends=time(16), holidays=OnHolidays.OFF,
                weekdays=frozenset(range(5)))  # fmt: skip
    only = Shift(name="piket", begins=time(8), ends=time(16), holidays=OnHolidays.ONLY)
    plan = unit(shifts=(off, only), holidays=(date(2026, 12, 25),))

    assert names(core.on_at(plan, at("2026-12-25T09:00"))) == ["piket"]
    assert names(core.on_at(plan, at("2026-12-24T09:00"))) == ["kantor"]
    assert names(core.on_at(plan, at("2026-12-26T09:00"))) == []
    last = unit(Duty(shift="malam", since=YEAR, until=date(2026, 8, 17), operators=(BUDI,)))
    assert core.on_at(last, at("2026-08-18T06:00"))[0].operators == (BUDI,)
    assert core.on_at(last, at("2026-08-18T23:30"))[0].operators == ()


def test_each_begin_and_end_is_told_once() -> None:
    """And a daemon that returns tells nothing again."""
    first = core.look(Watch(), PLAN, room(SARI), at("2026-08-17T08:00"), POLICY)
    assert told(first) == ["ShiftStarted"]
    again = core.look(first.watch, PLAN, room(SARI), at("2026-08-17T14:59:59"), POLICY)
    assert told(again) == []
    change = core.look(again.watch, PLAN, room(TONO), at("2026-08-17T15:00"), POLICY)
    assert told(change) == ["ShiftEnded", "ShiftStarted"]
    back = core.replay((*first.events, *change.events))
    assert told(core.look(back, PLAN, room(TONO), at("2026-08-17T15:30"), POLICY)) == []


def test_s16_a_clock_that_is_set_back_or_forward_tells_nothing_twice_and_leaves_nobody_out() -> (
    None
):
    """Back over a change: the shift before is on again, silently. Forward over a day: only what is on now is told."""
    watch = core.look(Watch(), PLAN, room(SARI), at("2026-08-17T14:59"), POLICY).watch
    watch = core.look(watch, PLAN, room(SARI), at("2026-08-17T15:01"), POLICY).watch
    back = core.look(watch, PLAN, room(SARI), at("2026-08-17T14:30"), POLICY)
    assert told(back) == []
    assert [key[1] for key in back.watch.on] == ["pagi"]
    assert core.on_duty(PLAN, SARI, at("2026-08-17T14:30"), POLICY)
    onward = core.look(back.watch, PLAN, room(TONO), at("2026-08-17T15:02"), POLICY)
    assert told(onward) == []
    jump = core.look(onward.watch, PLAN, room(TONO), at("2026-08-19T16:00"), POLICY)
    assert told(jump) == ["ShiftEnded", "ShiftStarted"]


def test_a_shift_with_nobody_is_an_alarm_an_hour_before_and_at_its_begin() -> None:
    """Nobody on the roster: once, an hour before. Nobody of those logged in when it begins: once more."""
    gap = unit(Duty(shift="pagi", since=YEAR, operators=(SARI,)))
    look = core.look(Watch(), gap, room(SARI), at("2026-08-17T13:59"), POLICY)
    assert told(look) == ["ShiftStarted"]
    look = core.look(look.watch, gap, room(SARI), at("2026-08-17T14:00:01"), POLICY)
    (event,) = look.events
    assert isinstance(event.data, e.ShiftEmpty)
    assert (event.data.shift, event.data.gap) == ("siang", ShiftGap.NOBODY_ON_ROSTER)
    assert told(core.look(look.watch, gap, room(SARI), at("2026-08-17T14:30"), POLICY)) == []

    ahead = core.look(Watch(), PLAN, room(), at("2026-08-17T06:30"), POLICY)
    assert [event.data.gap for event in ahead.events if isinstance(event.data, e.ShiftEmpty)] == [
        ShiftGap.NOBODY_LOGGED_IN  # of the night
    ]
    begun = core.look(ahead.watch, PLAN, room(), at("2026-08-17T07:00"), POLICY)
    assert told(begun) == ["ShiftEnded", "ShiftStarted", "ShiftEmpty"]
    unheard = core.look(ahead.watch, PLAN, room(), at("2026-08-17T07:00"), POLICY, known=False)
    assert "ShiftEmpty" not in told(unheard)
    people = unit(Duty(shift="pagi", since=YEAR, people=("Aiptu Contoh",)), shifts=(PAGI,))
    assert told(core.look(Watch(), people, room(), at("2026-08-17T07:00"), POLICY)) == [
        "ShiftStarted"
    ]


def test_who_comes_early_or_stays_a_little_is_on_duty_and_who_has_no_roster_always_is() -> None:
    """Half an hour before, a quarter after."""
    for text, on in (("06:29", False), ("06:30", True), ("15:14", True), ("15:15", False)):
        assert core.on_duty(PLAN, SARI, at(f"2026-08-17T{text}"), POLICY) is on, text
    assert core.on_duty(PLAN, AgentId("1101"), at("2026-08-17T03:00"), POLICY)


def test_who_is_off_duty_is_told_of_once_or_logged_out_when_idle() -> None:
    """Never in a call; when the call is over, he goes."""
    now = at("2026-08-17T15:20")
    reminded = core.look(Watch(), PLAN, room(SARI, TONO), now, POLICY)
    assert told(reminded) == ["ShiftStarted", "AgentOffShift"]
    assert reminded.log_out == ()
    assert told(core.look(reminded.watch, PLAN, room(SARI, TONO), now, POLICY)) == []

    talking = core.look(Watch(), PLAN, room(SARI, TONO, busy=SARI), now, STRICT)
    assert (talking.log_out, told(talking)) == ((), ["ShiftStarted"])
    idle = core.look(talking.watch, PLAN, room(SARI, TONO), now, STRICT)
    assert (idle.log_out, told(idle)) == ((SARI,), ["AgentOffShift"])
    waiting = core.look(idle.watch, PLAN, room(SARI, TONO), now, STRICT)
    assert (waiting.log_out, told(waiting)) == ((), [])
    gone = core.look(waiting.watch, PLAN, room(TONO), now, STRICT)
    assert (gone.log_out, gone.watch.leaving) == ((), frozenset())


def test_the_last_one_of_a_queue_is_never_logged_out() -> None:
    """He stays until the next one is there, whose phone can be rung; of two, one goes."""
    now = at("2026-08-17T15:20")
    last = core.look(Watch(), PLAN, room(SARI), now, STRICT)
    assert last.log_out == ()
    assert OffShift.LAST_ONE in {getattr(event.data, "what", None) for event in last.events}
    away = core.look(
        last.watch, PLAN, room(SARI, TONO, device=DeviceState.UNAVAILABLE), now, STRICT
    )
    assert away.log_out == ()
    relieved = core.look(away.watch, PLAN, room(SARI, TONO), now, STRICT)
    assert relieved.log_out == (SARI,)

    two = core.look(Watch(), PLAN, room(SARI, BUDI), now, STRICT)
    assert len(two.log_out) == 1
    later = core.look(two.watch, PLAN, room(SARI, BUDI), now, STRICT)
    assert later.log_out == ()


def test_a_queue_without_anybody_is_reason_enough_to_let_anybody_in() -> None:
    """Else only whose shift it is."""
    now = at("2026-08-17T10:00")
    assert not core.may_log_in(PLAN, room(SARI), TONO, [QUEUE], now, POLICY)
    assert core.may_log_in(PLAN, room(), TONO, [QUEUE], now, POLICY)
    assert core.may_log_in(PLAN, room(SARI), SARI, [QUEUE], now, POLICY)


MINUTES = st.lists(st.integers(-3000, 6000), min_size=1, max_size=25)


@given(MINUTES, st.sets(st.sampled_from((SARI, TONO, BUDI))))
def test_however_the_clock_jumps_nothing_is_told_twice_and_a_queue_keeps_somebody(
    minutes: list[int], there: set[AgentId]
) -> None:
    """Who is on follows from the time alone."""
    watch, said, here = Watch(), list[Event](), set(there)
    for minute in minutes:
        now = at("2026-08-17T07:00") + timedelta(minutes=minute)
        found = core.look(watch, PLAN, room(*here), now, STRICT)
        watch = found.watch
        said += [event for event in found.events if not isinstance(event.data, e.AgentOffShift)]
        here -= set(found.log_out)
        assert {key[1] for key in watch.on} == {*names(core.on_at(PLAN, now))}
        assert here or not there
    told_of = [(event.type, event.data.shift, event.data.begins, getattr(event.data, "gap", None))
               for event in said]  # fmt: skip
    assert len(told_of) == len(set(told_of))
