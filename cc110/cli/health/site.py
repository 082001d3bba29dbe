"""The site's settings, dialplan and prompts; and what cc110 wrote: passwords and journal."""

from collections.abc import Iterable, Iterator
from typing import Final

from cc110.cli.health.finding import DO_RUN, Finding, fail, ok, split, warn
from cc110.cli.records import tip_of
from cc110.config.load import Examined
from cc110.config.model import Config
from cc110.config.problem import Problem, errors_of
from cc110.config.secrets import Secrets, SecretsUnreadable, SecretsUnsafe, ensure_secrets
from cc110.journal.engine import ask, reading
from cc110.pbx.generations import Generations
from cc110.pbx.looks import look_at_dialplan, look_at_pbx_files, look_at_prompts
from cc110.ports import JournalUnavailable

_SEE: Final = "`cc110 check` names each with file and line"


def look_at_data(found: Examined) -> Iterator[Finding]:
    """Settings and directory, PBX files and dialplan, prompts."""
    yield _counted("Site data", str(found.paths.site), found.problems)
    dialplan = (*look_at_pbx_files(found), *look_at_dialplan(found))
    yield _counted("Dialplan", str(found.paths.dialplan), dialplan)
    yield _counted("Prompts", str(found.paths.prompts), look_at_prompts(found))


def look_at_configuration(config: Config) -> Finding:
    """Which configuration the PBX has, and whether somebody was killed while he changed it."""
    generations = Generations(config.paths.pbx)
    if (intent := generations.cut_off) is not None:
        said = f"the change to generation {intent.after} was cut off; the PBX may have it or {intent.before}"
        return warn("Configuration", said, "`cc110 apply` puts that right, or the next start")
    if generations.live is None:
        return ok("Configuration", "none yet: made at the first start")
    return ok("Configuration", f"generation {generations.live} is live")


def look_at_secrets(config: Config) -> tuple[Finding, Secrets | None]:
    """Whether the passwords are there and nobody else's; and the passwords."""
    path = config.paths.secrets
    if not path.exists():
        return ok("Passwords", "none yet: made at the first start"), None
    try:
        return ok("Passwords", f"{path}, readable by its owner alone"), ensure_secrets(config)
    except (SecretsUnsafe, SecretsUnreadable, OSError) as error:
        return fail("Passwords", *split(str(error))), None


async def look_at_journal(config: Config) -> Finding:
    """Whether the journal opens."""
    url = config.journal_url.get_secret_value()
    try:
        async with reading(url) as engine:
            return ok("Journal", f"opens, {await ask(engine, tip_of)} events")
    except JournalUnavailable as error:
        if "there is no journal" in str(error):
            return ok("Journal", "none yet: made at the first start")
        return fail("Journal", str(error), f"keep the file and restore a copy; then {DO_RUN}")


def _counted(name: str, place: str, problems: Iterable[Problem]) -> Finding:
    problems = tuple(problems)
    errors = len(errors_of(problems))
    if errors:
        return fail(name, f"{errors} error{'' if errors == 1 else 's'} in {place}", _SEE)
    if problems:
        return warn(name, f"{len(problems)} warning(s) in {place}", _SEE)
    return ok(name, place)
