"""Make the prompts' audio from their manifest: what `make prompts` runs.

Recordings that somebody put in place of the machine's are left alone. Running it twice writes the
same bytes. `--check` changes nothing and needs no speech synthesiser.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from cc110.pbx.prompt_manifest import read_manifest
from cc110.pbx.wav import WavFault
from promptmaker.audio import write_wav
from promptmaker.jobs import Job, all_jobs
from promptmaker.ledger import Ledger, Made, State, digest
from promptmaker.voice import Speaker, VoiceFault, read_voices

FOLDER = Path(__file__).resolve().parents[2] / "dialplan" / "prompts"
DUE = (State.STALE, State.MISSING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make or check the recordings; 0 done, 1 something is due or failed, 2 wrong usage."""
    options = _options(arguments)
    folder: Path = options.folder
    manifest = read_manifest(folder / "prompts.toml")
    for problem in manifest.problems:
        print(problem, file=sys.stderr)
    if manifest.problems:
        return 1
    jobs = list(all_jobs(folder, manifest.prompts, read_voices(folder / "voice.toml")))
    names = {job.name for job in jobs}
    if unknown := set(options.names) - names:
        print(f"no such recording: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    wanted = [job for job in jobs if not options.names or job.name in options.names]
    ledger = Ledger(folder / "generated.toml")
    if options.check:
        return _check(wanted, ledger, folder)
    ledger.keep_only(names)
    return _Maker(ledger, folder, options.espeak).make(wanted, force=options.force)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Make the prompts' audio from prompts.toml.",
        epilog="Example: tools/prompts.py --force id/menu en/menu",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these, such as id/menu")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    parser.add_argument("--force", action="store_true", help="replace own recordings as well")
    parser.add_argument(
        "--espeak",
        default=os.environ.get("CC110_ESPEAK", "espeak-ng"),
        metavar="COMMAND",
        help="the command that starts espeak-ng (default: $CC110_ESPEAK, else espeak-ng)",
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where prompts.toml is")
    return parser.parse_args(arguments)


def _check(jobs: Sequence[Job], ledger: Ledger, folder: Path) -> int:
    due = False
    for job in jobs:
        state = ledger.state(job.name, job.recipe(), folder / f"{job.name}.wav")
        due |= state in DUE
        if state is not State.CURRENT:
            print(f"{job.name}.wav: {state.value}")
    return int(due)


class _Maker:
    def __init__(self, ledger: Ledger, folder: Path, espeak: str) -> None:
        self._ledger = ledger
        self._folder = folder
        self._speaker = Speaker(command=shlex.split(espeak))

    def make(self, jobs: Sequence[Job], *, force: bool) -> int:
        failed = False
        for job in jobs:
            file = self._folder / f"{job.name}.wav"
            state = self._ledger.state(job.name, job.recipe(), file)
            if state in DUE or force:
                failed |= not self._tried(job, file)
            elif state is not State.CURRENT:
                print(f"{job.name}.wav: {state.value}, kept")
        return int(failed)

    def _tried(self, job: Job, file: Path) -> bool:
        try:
            self._one(job, file)
        except (VoiceFault, WavFault, OSError) as fault:
            print(f"{job.name}.wav: {fault}", file=sys.stderr)
            return False
        return True

    def _one(self, job: Job, file: Path) -> None:
        sound = job.make(self._speaker)
        write_wav(file, sound.signal)
        rate = sound.words_per_minute
        self._ledger.made[job.name] = Made(
            recipe=job.recipe(),
            audio=digest(file.read_bytes()),
            seconds=sound.seconds,
            words_per_minute=rate,
        )
        self._ledger.save()
        print(f"{job.name}.wav: {sound.seconds:.2f} s" + (f" at {rate} words/min" if rate else ""))
