"""The public schema files."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import phonenumbers
import pytest

from cc110.journal import schemas
from cc110.journal.codec import encode, kinds
from cc110.journal.samples import SAMPLE_NUMBER, samples


def published(name: str) -> Any:
    """The schema file in the repository."""
    return json.loads((schemas.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def checked(name: str, line: Any) -> None:
    """Validate with the published schema, strictly by its draft."""
    jsonschema.Draft202012Validator(published(name)).validate(line)


def test_the_files_are_current() -> None:
    """``python -m cc110.journal.schemas --write`` was run after the last change of an event."""
    assert [] == schemas.problems(schemas.FOLDER)


@pytest.mark.parametrize("name", kinds())
def test_an_encoded_event_matches_its_schema(name: str) -> None:
    """What the journal writes is what the file promises."""
    jsonschema.Draft202012Validator.check_schema(published(name))
    checked(name, json.loads(encode(samples()[name])))


@pytest.mark.parametrize("name", kinds())
def test_a_schema_names_exactly_the_fields_that_are_written(name: str) -> None:
    """No field is undocumented, none is documented in vain."""
    line = json.loads(encode(samples()[name]))

    assert set(line) == set(published(name)["properties"])
    assert set(line["data"]) == set(published(name)["properties"]["data"].get("properties", {}))


@pytest.mark.parametrize("name", kinds())
def test_a_schema_says_what_the_event_means(name: str) -> None:
    """Each file has a title, a description and an example that it accepts itself."""
    schema = published(name)

    assert name == schema["title"]
    assert len(schema["description"]) > 10
    checked(name, schema["examples"][0])


@pytest.mark.parametrize(
    "change",
    [
        {"type": "CallEnded"},
        {"v": 2},
        {"at": "2026-08-17 03:04:05"},
        {"seq": 0},
        {"id": "no ulid"},
        {"data": {}},
        {"call_id": 7},
    ],
)
def test_a_schema_refuses_what_is_not_its_event(change: dict[str, Any]) -> None:
    """The schemas bite: each part of the envelope is checked."""
    line = json.loads(encode(samples()["CallArrived"]))

    with pytest.raises(jsonschema.ValidationError):
        checked("CallArrived", line | change)


def test_no_sample_number_can_be_a_real_persons() -> None:
    """The range of the samples is unassigned in the numbering plan."""
    for last in range(10):
        number = phonenumbers.parse(f"+{SAMPLE_NUMBER[:-1]}{last}")
        assert not phonenumbers.is_valid_number(number)


def test_check_names_what_is_missing_old_or_needless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check fails until ``--write`` has put all of it right."""
    folder = ["--folder", str(tmp_path)]
    assert 0 == schemas.main(["--write", *folder])
    (tmp_path / "CallEnded.json").unlink()
    (tmp_path / "CallArrived.json").write_text("{}")
    (tmp_path / "CallTeleported.json").write_text("{}")

    assert 1 == schemas.main(["--check", *folder])
    said = capsys.readouterr().err
    for problem in (
        "CallEnded.json is missing",
        "CallArrived.json is old",
        "CallTeleported.json describes no event",
    ):
        assert problem in said

    assert 0 == schemas.main(["--write", *folder])
    assert 0 == schemas.main(["--check", *folder])
