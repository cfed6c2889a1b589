"""A mapping file (TOML or JSON): where the columns of another system go, and what its codes are called here.

sheet = "导出结果"              # all but [columns] may be left out
heading_row = 3
[columns]
"DWMC" = "name"                # their heading = our column, by its name or one of its headings
"BZ" = ""                      # not taken
[values.kind]
"01" = "STATE_ENTERPRISE"      # their value = ours
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.imports.bad_file import BadFile
from hub.imports.headings import named, normal
from resolvers.writing.declare import WritableKind

SETTINGS = {"sheet": str, "heading_row": int, "encoding": str, "delimiter": str}


@dataclass(frozen=True)
class FileMapping:
    """How a file is read. ``columns`` are names of columns by their headings as compared, and "" for a column that is not taken."""

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheet: str | None = None
    heading_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None


def read_mapping(path: Path, kind: WritableKind) -> FileMapping:
    """A mapping file for a kind of record.

    Raises:
        BadFile: BAD_MAPPING.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (UnicodeDecodeError, ValueError) as error:
        raise bad(f"It is not UTF-8 in TOML (or JSON, if its name ends with .json): {error}.") from None
    if not isinstance(found, dict):
        raise bad("It has no table [columns].")
    return mapping_of(found, kind)


def mapping_of(found: Mapping[str, Any], kind: WritableKind) -> FileMapping:
    """A mapping from its parsed content. Raises BadFile: BAD_MAPPING."""
    unknown = found.keys() - SETTINGS.keys() - {"columns", "values"}
    if unknown:
        raise bad(f"It may have columns, values, {', '.join(SETTINGS)}, and no {', '.join(sorted(unknown))}.")
    for name, type_ in SETTINGS.items():
        if name in found and not isinstance(found[name], type_):
            raise bad(f"{name} has another type.")
    columns = {normal(theirs): ours_of(kind, ours) for theirs, ours in texts(found.get("columns", {}), "columns")}
    values = found.get("values", {})
    if not isinstance(values, dict):
        raise bad("[values.COLUMN] has their values with ours.")
    return FileMapping(
        columns,
        {ours_of(kind, name): dict(texts(each, f"values.{name}")) for name, each in values.items()},
        **{name: found[name] for name in SETTINGS if name in found},
    )


def texts(table: Any, name: str) -> list[tuple[str, str]]:
    """The entries of a table of texts."""
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise bad(f"[{name}] has texts with texts.")
    return list(table.items())


def ours_of(kind: WritableKind, name: str) -> str:
    """The name of a column by any of its names; "" stays."""
    if not name:
        return ""
    found = named(kind).get(normal(name))
    if found is None:
        raise bad(f"There is no column {name[:60]}. There are: {', '.join(column.name for column in kind.columns)}.")
    return found.name


def bad(reason: str) -> BadFile:
    """The error of a mapping file."""
    return BadFile("BAD_MAPPING", f"The mapping file cannot be used. {reason}")
