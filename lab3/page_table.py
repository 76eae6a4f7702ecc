"""The tab that asks about a whole table: CSV in, predictions out, with what is wrong row by row."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import streamlit as st

from features import MAY_BE_UNKNOWN, NAMES
from page_service import MOST_PASSENGERS, RefusedError, predict
from page_waiting import asking

NEEDED = ("class", "sex", "fare_pounds")  # the others may be left out
MOST_ROWS = 100_000  # a hundred requests, and a table that a browser still shows
PREVIEW_ROWS = 5
TEMPLATE = """\
class,sex,age_years,siblings_spouses,parents_children,fare_pounds,port
1,female,29,0,0,80,S
3,male,,0,0,7.25,Q
"""


class TableError(Exception):
    """The upload is not a table of passengers; the message is a sentence for the page."""


def show() -> None:
    st.write("Ask about many passengers at once: one row each, as in the template.")
    st.download_button("Download the template", TEMPLATE, "passengers.csv", "text/csv", on_click="ignore")
    upload = st.file_uploader("Your passengers, a CSV file", type="csv")
    if upload is None:
        return
    try:
        table = read_table(upload.getvalue())
    except TableError as error:
        st.error(str(error))
        return
    st.caption(f"{rows(len(table))}; the first {min(PREVIEW_ROWS, len(table))}:")
    st.dataframe(table.head(PREVIEW_ROWS), hide_index=True)
    bar = st.progress(0.0, "Predicting …")
    with asking():
        results = predict_table(table, lambda done: bar.progress(done / len(table), rows(done)))
        show_result(*results)
    bar.empty()


def show_result(predicted: pd.DataFrame, refused: pd.DataFrame) -> None:
    if len(predicted):
        survive = int((predicted["prediction"] == "survived").sum())
        st.success(f"{len(predicted):,} predicted: {survive:,} would most likely have survived.")
        st.dataframe(predicted.head(1000), hide_index=True)
        content = predicted.to_csv(index=False)
        st.download_button(
            "Download the predictions",
            content,
            "predictions.csv",
            "text/csv",
            type="primary",
            on_click="ignore",  # the page stays as it is
        )
    if len(refused):
        st.warning(f"{rows(len(refused))} could not be predicted. Mend them and upload the file again.")
        st.dataframe(refused.head(1000), hide_index=True)


def read_table(content: bytes) -> pd.DataFrame:
    """Return the table as text, as it stands in the file; TableError where it is none of passengers."""
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, skipinitialspace=True)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(f"This file cannot be read as a CSV table: {error}") from None
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise TableError(
            f"The table has no column {', '.join(missing)}: compare its first line with the template."
        )
    if table.empty:
        raise TableError("The table has no rows below its first line.")
    if len(table) > MOST_ROWS:
        raise TableError(f"The table has {rows(len(table))}: give at most {MOST_ROWS:,} at a time.")
    return table


def predict_table(table: pd.DataFrame, report: Callable[[int], object]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows with their predictions, and the refused rows with their line and the reason."""
    people = [as_person(row) for row in table[[n for n in NAMES if n in table]].to_dict("records")]
    probabilities: dict[int, float] = {}
    reasons: dict[int, str] = {}
    for begin in range(0, len(people), MOST_PASSENGERS):
        chunk = range(begin, min(begin + MOST_PASSENGERS, len(people)))
        for found, refused in predict_rows(people, list(chunk)):
            probabilities |= found
            reasons |= refused
        report(chunk.stop)
    predicted = table.loc[sorted(probabilities)].copy()
    predicted["probability"] = [round(probabilities[row], 4) for row in predicted.index]
    predicted["prediction"] = ["survived" if probabilities[row] > 0.5 else "died" for row in predicted.index]
    refused_rows = table.loc[sorted(reasons)].copy()
    refused_rows.insert(0, "line", [row + 2 for row in refused_rows.index])  # the first line is the header
    refused_rows.insert(1, "reason", [reasons[row] for row in sorted(reasons)])
    return predicted, refused_rows


def predict_rows(
    people: list[dict[str, Any]], asked: list[int]
) -> Iterator[tuple[dict[int, float], dict[int, str]]]:
    """Yield probabilities, or reasons, by row, until each row has the one or the other."""
    while asked:
        try:
            found = predict([people[row] for row in asked])
            yield dict(zip(asked, found, strict=True)), {}
            return
        except RefusedError as error:
            if not error.reasons:
                raise
            refused = {asked[place]: reason for place, reason in error.reasons.items()}
            yield {}, refused
            asked = [row for row in asked if row not in refused]


def as_person(row: dict[str, str]) -> dict[str, Any]:
    """Return what the service is asked; it judges the values, so nothing is mended here but their type."""
    person = {name: as_value(cell) for name, cell in row.items()}
    return {name: value for name, value in person.items() if value != "" or name not in MAY_BE_UNKNOWN}


def as_value(cell: str) -> Any:
    try:
        number = json.loads(cell)
    except ValueError:
        return cell.strip()
    if isinstance(number, float) and number.is_integer():
        return int(number)  # a spreadsheet writes 1.0 where 1 is meant
    return number if isinstance(number, int | float) and not isinstance(number, bool) else cell


def rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
