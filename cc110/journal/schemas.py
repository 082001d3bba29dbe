"""The public schema files: one JSON schema for each event type under ``docs/events/``.

``python -m cc110.journal.schemas --write`` writes them from the event classes, ``--check`` proves
that they are current. Schemas allow fields they don't name: a consumer ignores what it doesn't
know.
"""

import argparse
import ast
import inspect
import json
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from cc110.core import events, ids, words
from cc110.journal.codec import encode, kinds
from cc110.journal.samples import samples

FOLDER = Path(__file__).parents[2] / "docs" / "events"

_ENVELOPE: dict[str, dict[str, Any]] = {
    "id": {
        "type": "string",
        "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{25}$",
        "description": "ULID: unique, and sorts in the order of the journal.",
    },
    "seq": {
        "type": "integer",
        "minimum": 1,
        "description": "Place in the site's journal, without gaps.",
    },
    "at": {
        "type": "string",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        "description": "When it happened: ISO 8601, UTC, milliseconds.",
    },
    "site": {"type": "string", "description": "The site whose journal this is."},
    "call_id": {"type": ["string", "null"], "description": "The call it is about, if any."},
    "case_id": {"type": ["string", "null"], "description": "The case it is about, if any."},
}


def schema(name: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of one event type, with its envelope and an invented
    example.
    """
    data = kinds()[name].json_schema()
    definitions = {"$defs": _explained(data.pop("$defs"))} if "$defs" in data else {}
    version = getattr(events, name).v
    properties = _ENVELOPE | {
        "type": {"const": name},
        "v": {"const": version, "description": "Raised when a field's meaning changes."},
        "data": _described(name, data),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cc110:event:{name}:{version}",
        "title": name,
        "description": data.pop("description"),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "examples": [json.loads(encode(samples()[name]))],
        **definitions,
    }


def files() -> dict[str, str]:
    """What belongs into the folder: file name and text."""
    return {
        f"{name}.json": json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"
        for name in kinds()
    }


def write(folder: Path) -> None:
    """Write all schema files and remove those of types that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for stale in {path.name for path in folder.glob("*.json")} - wanted.keys():
        (folder / stale).unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def problems(folder: Path) -> list[str]:
    """What differs between the folder and the event classes; empty when it is current."""
    wanted = files()
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    missing = [f"{name} is missing" for name in sorted(wanted.keys() - there.keys())]
    needless = [f"{name} describes no event" for name in sorted(there.keys() - wanted.keys())]
    both = sorted(wanted.keys() & there.keys())
    return missing + needless + [f"{name} is old" for name in both if wanted[name] != there[name]]


def main(arguments: list[str] | None = None) -> int:
    """Write or check the schema files; 0 = they are current."""
    parser = argparse.ArgumentParser(prog="python -m cc110.journal.schemas", description=__doc__)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write docs/events/*.json")
    mode.add_argument("--check", action="store_true", help="fail when one is not current")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: docs/events")
    options = parser.parse_args(arguments)
    if options.write:
        write(options.folder)
        return 0
    found = problems(options.folder)
    for problem in found:
        sys.stderr.write(f"{options.folder}: {problem}; run with --write\n")
    return 1 if found else 0


def _described(name: str, data: dict[str, Any]) -> dict[str, Any]:
    kind = getattr(events, name)
    notes = _field_notes(inspect.getmodule(kind) or events).get(name, {})
    hints = get_type_hints(kind)
    for field, body in data.get("properties", {}).items():
        body.pop("title", None)
        if text := notes.get(field) or _type_note(hints[field]):
            body["description"] = text
    data.pop("title", None)
    return data


def _explained(definitions: dict[str, Any]) -> dict[str, Any]:
    """Closed vocabularies say what each word means, where the word itself does not."""
    for name, body in definitions.items():
        meanings = _field_notes(words).get(name, {})
        listed = [f"{getattr(words, name)[word]}: {text}" for word, text in meanings.items()]
        body["description"] = " ".join([body["description"], *listed])
    return definitions


def _type_note(hint: Any) -> str | None:
    """The docstring of the identifier's type, such as ``Number``, in one line."""
    notes = _names_notes(ids)
    names = [getattr(part, "__name__", "") for part in get_args(hint) or (hint,)]
    return next((notes[name] for name in names if name in notes), None)


@cache
def _field_notes(module: ModuleType) -> dict[str, dict[str, str]]:
    """The strings below fields, which Python itself drops."""
    tree = ast.parse(inspect.getsource(module))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: _notes(node.body) for node in classes}


@cache
def _names_notes(module: ModuleType) -> dict[str, str]:
    return _notes(ast.parse(inspect.getsource(module)).body)


def _notes(body: list[ast.stmt]) -> dict[str, str]:
    found: dict[str, str] = {}
    for before, after in pairwise(body):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.replace("``", "`").split())
            case _:
                pass
    return found


if __name__ == "__main__":
    sys.exit(main())
