"""What a value's fault is, in one sentence that says how to mend it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from pydantic.fields import FieldInfo

from cc110.config.locate import Key
from cc110.config.problem import hint
from cc110.config.settings import Part

_KINDS: Final = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in [ ]",
    "model_type": "a section",
    "model_attributes_type": "a section",
    "date_type": "a date such as 2026-12-25, without quotes",
    "date_from_datetime_inexact": "a date such as 2026-12-25, without a time",
}
_SENTENCES: Final = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
}


def fields_of(part: type[Part]) -> Mapping[str, FieldInfo]:
    """A part's fields by the names they have in a file."""
    return {field.alias or name: field for name, field in part.model_fields.items()}


def part_at(model: type[Part], key: Key) -> type[Part] | None:
    """The part that a key path leads to; None where there is a plain value or nothing."""
    part: type[Part] | None = model
    for name in (step for step in key if isinstance(step, str)):
        field = fields_of(part).get(name) if part else None
        part = next(_parts_in(field.annotation), None) if field else None
    return part


def _parts_in(annotation: object) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts_in(inner)


def header(key: Key) -> str:
    """A table as it is written: ``[transfer]``, ``[[operator]]``; nothing for the file itself."""
    name = ".".join(step for step in key if isinstance(step, str))
    if not name:
        return ""
    return f"[[{name}]]" if isinstance(key[-1], int) else f"[{name}]"


def without_echoes(errors: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Without lists that are called empty because of what is wrong with their elements."""
    places = [tuple(error["loc"]) for error in errors]
    for key, error in zip(places, errors, strict=True):
        inside = (place for place in places if place[: len(key)] == key and place != key)
        if error["type"] != "too_short" or not any(inside):
            yield error


def sentence(model: type[Part], error: Mapping[str, Any]) -> str:
    """One pydantic error as a sentence."""
    key: Key = tuple(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return _unknown(model, key)
        case "missing":
            return _missing(model, key)
        case "tuple_type" if part_at(model, key) is not None:
            return f"{header(key)} must be written {header((*key, 0))}"
        case _:
            return f"{label(key)} {_fault(error)}{_not(error)}"


def label(key: Key) -> str:
    """A value as people name it: ```ring_s` in [transfer]``, ``[[operator]]``."""
    while key and isinstance(key[-1], int) and len(key) > 2:
        key = key[:-1]
    if len(key) < 2 or isinstance(key[-1], int):
        return header(key)
    return f"`{key[-1]}` in {header(key[:-1])}"


def _unknown(model: type[Part], key: Key) -> str:
    around, name = part_at(model, key[:-1]), str(key[-1])
    close = hint(name, fields_of(around) if around else ())
    place = f" in {header(key[:-1])}" if key[:-1] else ""
    return f"unknown key `{name}`{place}{close}"


def _missing(model: type[Part], key: Key) -> str:
    if part_at(model, key) is not None:
        return f"section {header(key)} is missing"
    return f"{header(key[:-1])} needs `{key[-1]}`"


def _fault(error: Mapping[str, Any]) -> str:
    kind, limits = error["type"], error.get("ctx", {})
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}"
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        return f"is wrong: {error['msg']}"
    return sentence.format_map(limits).replace("'", '"' if kind == "literal_error" else "'")


def _not(error: Mapping[str, Any]) -> str:
    """``, not 45``: what was written, where the sentence does not say it."""
    value = error["input"]
    if error["type"] in {"value_error", "too_short"}:
        return ""
    match value:
        case bool():
            return f", not {str(value).lower()}"
        case str():
            return f', not "{value}"' + _close(value, error)
        case int() | float():
            return f", not {value}"
        case _:
            return ""


def _close(value: str, error: Mapping[str, Any]) -> str:
    """What may have been meant where only a few words are right."""
    words = str(error.get("ctx", {}).get("expected", "")).split("'")[1::2]
    return hint(value, words)
