"""Search for inputs that break a rule, guided by coverage: ``python -m tests.fuzz SECONDS [TARGET...]``.

Each target runs for that long in a process of its own, from ``corpus/`` and what earlier searches found
(``.fuzz/<target>/``). What breaks a rule is left as ``.fuzz/<target>-crash-...``; copy it into ``corpus/``.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 4096
LONGEST_S: Final = 5
MOST_MB: Final = 1024
HERE: Final = Path(__file__).parent
FOUND: Final = HERE.parents[1] / ".fuzz"


def search(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(include=["cc110"]):
        from tests.fuzz.targets import TARGETS

    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MOST_BYTES}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-artifact_prefix={FOUND}/{name}-",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder), str(HERE / "corpus" / name)], TARGETS[name])
    atheris.Fuzz()


def main(seconds: int, wanted: list[str]) -> int:
    """Fuzz the wanted targets one after the other, all by default; 1 when a rule was broken."""
    names = wanted or sorted(path.name for path in (HERE / "corpus").iterdir())
    failed = []
    for name in names:
        print(f"--- {name}, {seconds} s", flush=True)
        command = [sys.executable, "-m", "tests.fuzz", "--one", name, str(seconds)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print("broken: " + ", ".join(failed) if failed else "nothing broken")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        search(sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
