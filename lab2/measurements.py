"""Reads a raw table of measurements and checks it; whoever breaks the schema is named: row, column, value."""

import io
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from common.files import read_bytes
from common.stage import LabError

from schema import BOUNDS, DIAGNOSES, DIAGNOSIS, LABEL, UNITS

SCHEMA = pa.DataFrameSchema(
    {
        name: pa.Column(float, pa.Check.in_range(0, high, error=f"a number from 0 to {high:g}"), coerce=True)
        for name, high in BOUNDS.items()
    }
    | {DIAGNOSIS: pa.Column(str, pa.Check.isin(DIAGNOSES, error=f"one of {', '.join(DIAGNOSES)}"))}
)


def read_measurements(path: Path) -> pd.DataFrame:
    """Return the 30 measurements as float64 and the label as 0 or 1; other columns are left out."""
    content = read_bytes(path)
    try:
        content.decode("utf-8")
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LabError(f"'{path}', line {line} is not UTF-8: mend it at its source") from error
    except ValueError as error:  # pandas has several kinds of it
        raise LabError(f"'{path}' cannot be read as a table ({error}): mend it at its source") from error
    table.columns = table.columns.str.strip().str.replace(" ", "_")
    wanted = [*UNITS, DIAGNOSIS]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise LabError(
            f"'{path}' has no column '{missing[0]}' ({len(missing)} of {len(wanted)} are missing): "
            "rename or add it at its source"
        )
    checked = check(table[wanted], path)
    return checked[list(UNITS)].assign(**{LABEL: checked[DIAGNOSIS].map(DIAGNOSES).astype("int8")})


def check(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a table of texts as the schema's types; a LabError names the first value that breaks it."""
    try:
        return SCHEMA.validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases.dropna(subset="index").sort_values("index", kind="stable")
        cases = cases.drop_duplicates(["index", "column"])
    row, column = int(cases["index"].iloc[0]), cases["column"].iloc[0]
    wanted = SCHEMA.columns[column].checks[0].error
    more = f" ({len(cases) - 1} more like that)" if len(cases) > 1 else ""
    raise LabError(
        f"'{path}', row {row + 1}: '{table.loc[row, column]}' in column '{column}' is not {wanted}{more}: "
        "mend it at its source"
    )
