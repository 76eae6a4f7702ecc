"""Collects the raw table of measurements from the web, from a database, or from scikit-learn: data/raw.

    python lab2/data_creation.py
    python lab2/data_creation.py --source https://HOST/measurements.csv --sha256 HASH
    python lab2/data_creation.py --source env:DATABASE_URL --query 'SELECT * FROM measurements'

A source is `builtin` (the Wisconsin diagnostic table, 569 tumours), an http or https URL of a CSV, a
database's URL (sqlite:///PATH, postgresql://USER:PASSWORD@HOST/DATABASE) with --query, or env:NAME for any of
these in the environment variable NAME, so that a password is on no command line. Nothing secret of a URL is
printed or saved. data/cache keeps downloads: what has not changed is not fetched again.
"""

import argparse
import re
import shutil
import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

from common.atomic import replace_folder
from common.files import write_json, write_table
from common.stage import LabError, parser, run, whole_number

import answers
import database
from database import save_query
from deadline import deadline
from download import download, hash_file
from schema import DIAGNOSIS, UNITS
from urls import hide_secrets, resolve, scheme_of, shown

MAX_MB = 200
TIMEOUT_S = 300  # for all of a download with its retries, or for a query
TABLE = "measurements.csv"


def builtin_measurements() -> pd.DataFrame:
    """Return the real table of 569 tumours that ships with scikit-learn."""
    found = load_breast_cancer()
    table = pd.DataFrame(found.data, columns=list(UNITS))  # it has them in the same order
    return table.assign(**{DIAGNOSIS: found.target_names[found.target]})


def collect(source: str, arguments: Namespace, path: Path) -> dict:
    """Write the table to `path`; return what is to be known about where it comes from."""
    max_bytes = arguments.max_mb * 1_000_000
    scheme = scheme_of(source)
    if arguments.query and scheme not in database.SCHEMES:
        raise LabError(f"--query '{arguments.query}' needs a database, --source is '{shown(source)}'")
    if arguments.sha256 and scheme not in answers.SCHEMES:
        raise LabError(f"--sha256 '{arguments.sha256}' needs a URL of a CSV, --source is '{shown(source)}'")
    if source == "builtin":
        write_table(builtin_measurements(), path)
    elif scheme in answers.SCHEMES:
        cache = arguments.folder / "data" / "cache"
        cached = download(source, cache, max_bytes=max_bytes, sha256=arguments.sha256)
        shutil.copyfile(cached, path)
    elif scheme in database.SCHEMES:
        if not arguments.query:
            raise LabError(
                f"--source '{shown(source)}' is a database: say what to read by --query 'SELECT …'"
            )
        rows = save_query(source, arguments.query, path, max_bytes=max_bytes, timeout_s=arguments.timeout_s)
        print(f"read {rows} rows from '{shown(source)}'", file=sys.stderr)
        return {"source": shown(source), "query": arguments.query}
    else:
        raise LabError(
            f"--source '{shown(source)}' is none of builtin, http(s)://…, sqlite:///…, postgresql://…, "
            "env:NAME: mend it"
        )
    return {"source": shown(source)}


def main(arguments: Namespace) -> None:
    source = resolve(arguments.source)
    with (
        deadline(shown(source), arguments.timeout_s),
        replace_folder(arguments.folder / "data" / "raw") as raw,
    ):
        found = collect(source, arguments, raw / TABLE)
        write_json({**found, "sha256": hash_file(raw / TABLE), "seed": arguments.seed}, raw / "source.json")


def sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a SHA-256: give 64 hexadecimal digits")
    return text.lower()


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument("--source", default="builtin", help="where the table is (default: builtin)")
    options.add_argument("--query", default="", metavar="SELECT", help="of a database, one SELECT")
    options.add_argument("--sha256", type=sha256, metavar="HASH", help="of a download: no other is used")
    options.add_argument(
        "--max-mb", type=whole_number(1), default=MAX_MB, help=f"refuse what is larger (default: {MAX_MB})"
    )
    options.add_argument(
        "--timeout-s",
        type=whole_number(1),
        default=TIMEOUT_S,
        help=f"for everything that is waited for (default: {TIMEOUT_S})",
    )
    options.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        help="of the split and of the models, kept in data/raw/source.json (default: 0)",
    )
    complain = options.error
    options.error = lambda message: complain(hide_secrets(message))  # it repeats what was typed
    run(main, options)
