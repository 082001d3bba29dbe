"""What a SIPp run came to, read from the files it leaves."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DELIMITER: Final = ";"


@dataclass(frozen=True, kw_only=True)
class SippResult:
    """The outcome of one run."""

    exit_code: int
    """SIPp's own: 0 all calls went well, 1 some failed, 97 out of time, 99 no call at all."""
    calls: int
    succeeded: int
    failed: int
    failures: Mapping[str, int]
    """Failed calls by SIPp's reason, such as ``UnexpectedMessage``."""
    duration_s: float
    response_times_s: tuple[float, ...]
    """From the INVITE to the response that the scenario waits for, per call, as they came."""
    errors: str
    """What SIPp wrote about messages that did not fit the scenario."""

    @property
    def ok(self) -> bool:
        """Whether there were calls and all of them went by the scenario."""
        return self.calls > 0 and self.failed == 0 and self.succeeded == self.calls

    @property
    def calls_per_second(self) -> float:
        """Successful calls over the duration."""
        return self.succeeded / self.duration_s if self.duration_s else 0.0

    def response_time(self, share: float) -> float:
        """The response time in seconds that ``share`` (0 to 1) of the calls stay within.

        Raises:
            ValueError: there was no response.
        """
        if not self.response_times_s:
            raise ValueError("no call was answered")
        times = sorted(self.response_times_s)
        return times[max(0, math.ceil(share * len(times)) - 1)]

    def __str__(self) -> str:
        text = f"{self.succeeded} of {self.calls} calls went well in {self.duration_s:.1f} s"
        if self.failures:
            text += f"; failed: {dict(self.failures)}"
        return f"{text} (exit code {self.exit_code})\n{self.errors[-2000:]}"


def read_result(folder: Path, exit_code: int) -> SippResult:
    """Read the statistics, response times and errors that SIPp left in ``folder``."""
    last = _last_row(folder / "stat.csv")
    count = {k[:-3]: v for k, v in last.items() if k and k.endswith("(C)")}
    failures = {
        name.removeprefix("Failed"): int(value)
        for name, value in count.items()
        if name.startswith("Failed") and name != "FailedCall" and int(value)
    }
    return SippResult(
        exit_code=exit_code,
        calls=int(last.get("TotalCallCreated", 0)),
        succeeded=int(count.get("SuccessfulCall", 0)),
        failed=int(count.get("FailedCall", 0)),
        failures=failures,
        duration_s=_seconds(last),
        response_times_s=_response_times(folder),
        errors=_text(folder / "errors.log"),
    )


def _last_row(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=_DELIMITER))
    # A killed SIPp may leave half a line.
    return next((row for row in reversed(rows) if None not in row.values()), {})


def _seconds(row: Mapping[str, str]) -> float:
    """From the start to the last row; both end in a tab and the Unix time with microseconds."""
    if not row:
        return 0.0
    start, now = (float(row[name].split("\t")[-1]) for name in ("StartTime", "CurrentTime"))
    return now - start


def _response_times(folder: Path) -> tuple[float, ...]:
    found: list[float] = []
    for path in sorted(folder.glob("*_rtt.csv")):
        with path.open(newline="") as file:
            rows = csv.DictReader(file, delimiter=_DELIMITER)
            found.extend(float(row["response_time_ms"]) / 1000 for row in rows)
    return tuple(found)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
