"""Scores the rows of a CSV or Parquet file with the saved model, however many they are.

    python lab2/model_usage.py --input new.csv --output scores.csv

The input needs the model's features as columns, in any order. The output has a row's line (row, of Parquet),
the columns that the model does not use, `prediction` (1 is malignant) and `probability`. Rows that cannot be
scored go to a side file beside the output, NAME.rejected.csv, with the reason and the row as it was. Both
files appear when everything is done, or not at all.
"""

import csv
import sys
from argparse import Namespace
from collections import Counter
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from common.atomic import replace_file
from common.stage import LabError, parser, run

from batch import score_all
from candidates import load_any
from csv_rows import CsvInput
from outputs import CsvOutput, ParquetOutput
from parquet_rows import ParquetInput

FORMATS = {".csv": (CsvInput, CsvOutput), ".parquet": (ParquetInput, ParquetOutput)}
ANSWERS = ["prediction", "probability"]


def format_of(path: Path, option: str) -> tuple[type, type]:
    if path.suffix not in FORMATS:
        raise LabError(f"{option} '{path}' ends neither in .csv nor in .parquet: rename it")
    return FORMATS[path.suffix]


def open_input(path: Path, features: list[str]) -> CsvInput | ParquetInput:
    """Return the input when it has the columns that are needed, each once, and none of ours."""
    source = format_of(path, "--input")[0](path, features)
    columns = source.columns
    if missing := [name for name in features if name not in columns]:
        raise LabError(
            f"'{path}' has no column '{missing[0]}' ({len(missing)} of the model's {len(features)} features "
            "are missing): add it"
        )
    for name in columns:
        if columns.count(name) > 1:
            raise LabError(f"'{path}' has the column '{name}' twice: rename one")
        if name in (source.unit, *ANSWERS):
            raise LabError(f"'{path}' has a column '{name}', which the output gets too: rename it")
    return source


def score(
    source: CsvInput | ParquetInput,
    model: object,
    answers: CsvOutput | ParquetOutput,
    rejected: Path,
    bar: tqdm,
) -> Counter:
    """Write all answers and all rejected rows; return how many there are of each."""
    counts = Counter()
    others = [name for name in source.columns if name not in source.features]
    with rejected.open("w", encoding="utf-8", newline="") as file:
        refusals = csv.writer(file, lineterminator="\n")
        refusals.writerow([source.unit, "reason", "text"])
        for block in score_all(source, model, answers.encode):
            answers.write([source.unit, *others, *ANSWERS], block.answers)
            refusals.writerows(block.rejected)
            counts.update(scored=block.rows, malignant=block.malignant, rejected=len(block.rejected))
            bar.update(block.amount)
    return counts


def main(arguments: Namespace) -> None:
    path = arguments.input or arguments.folder / "data" / "processed" / "test.csv"
    output = arguments.output or arguments.folder / "data" / "scored" / "test.csv"
    side = output.with_name(f"{output.stem}.rejected.csv")
    _, output_of = format_of(output, "--output")
    if path.resolve() in (output.resolve(), side.resolve()):
        raise LabError(f"--output '{output}' would replace the input: give another name")
    model, description = load_any(arguments.folder / "model")
    source = open_input(path, [feature["name"] for feature in description["features"]])
    if not source.total:
        raise LabError(f"'{path}' has no rows: give some")
    hide = None if not arguments.progress else False  # None: hidden where stderr is no terminal
    bar = tqdm(total=source.total, unit=source.amount, unit_scale=True, disable=hide, file=sys.stderr)
    with (
        replace_file(output) as temporary,
        replace_file(side) as rejected,
        closing(output_of(temporary)) as answers,
        bar,
    ):
        counts = score(source, model, answers, rejected, bar)
    scored, malignant, refused = counts["scored"], counts["malignant"], counts["rejected"]
    print(
        f"{scored + refused} rows: {scored} scored ({malignant} malignant, {scored - malignant} benign), "
        f"{refused} rejected"
    )
    if not scored:
        raise LabError(f"no row of '{path}' could be scored: '{side}' says why")


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument("--input", type=Path, metavar="FILE", help="default: data/processed/test.csv")
    options.add_argument("--output", type=Path, metavar="FILE", help="default: data/scored/test.csv")
    options.add_argument(
        "--progress", action="store_true", help="show the bar also where stderr is no terminal"
    )
    run(main, options)
