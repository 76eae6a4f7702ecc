"""How fast lab 2 scores a file, against the model's own predict on the whole table in memory.

    python common/benchmarks/lab2_batch.py [--rounds 3] [--largest 10000000] [--model catboost]

Three sides, each a process of its own, in turn: `model_usage.py`; the same work done by hand with all rows in
memory (read the file, predict, write the answers); and of that, timed inside, predict alone. Predict alone
neither starts, nor reads a file, nor checks a row, nor writes an answer: no scoring of a file can reach it
where the model is as cheap as a linear one. Both ratios are printed, and the peaks of memory.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from common.benchmarks.timing import measure, print_ratio
from common.files import read_json

LAB = Path(__file__).resolve().parents[2] / "lab2"
PART_ROWS = 100_000
BY_HAND = """
import sys, time, resource
sys.path.insert(0, sys.argv[1])
import pyarrow as pa, pyarrow.csv, pyarrow.parquet as pq
from pathlib import Path
from candidates import load_any
lab, folder, source, output, seconds = map(Path, sys.argv[1:])
model, about = load_any(folder / "model")
table = pa.csv.read_csv(source) if source.suffix == ".csv" else pq.read_table(source)
features = table.select([one["name"] for one in about["features"]]).to_pandas().to_numpy()
began_s = time.perf_counter()
malignant = model.predict_proba(features)[:, 1]
seconds.write_text(str(time.perf_counter() - began_s))
answers = pa.table({"prediction": (malignant >= 0.5).astype("int8"), "probability": malignant.round(6)})
(pa.csv.write_csv if output.suffix == ".csv" else pq.write_table)(answers, output)
"""


def write_rows(table: pd.DataFrame, rows: int, folder: Path) -> dict[str, Path]:
    """Write `rows` rows, drawn from the test table and moved a little, as CSV and as Parquet."""
    rng = np.random.default_rng(0)
    paths = {kind: folder / f"rows.{kind}" for kind in ("csv", "parquet")}
    schema = pa.schema([(name, pa.float64()) for name in table.columns])
    with pa.csv.CSVWriter(paths["csv"], schema) as csv, pq.ParquetWriter(paths["parquet"], schema) as parquet:
        for start in range(0, rows, PART_ROWS):
            count = min(PART_ROWS, rows - start)
            values = table.to_numpy()[rng.integers(len(table), size=count)]
            values = np.round(values * rng.uniform(0.95, 1.05, values.shape), 5)
            part = pa.table(dict(zip(table.columns, values.T, strict=True)))
            csv.write_table(part)
            parquet.write_table(part)
    return paths


def compare(folder: Path, rows: int, rounds: int) -> None:
    table = pd.read_csv(folder / "data" / "processed" / "test.csv").drop(columns=["size", "malignant"])
    for kind, path in write_rows(table, rows, folder).items():
        output, predict = folder / f"scores.{kind}", folder / "seconds"
        sides = {
            "stream": [LAB / "model_usage.py", "--folder", folder, "--input", path, "--output", output],
            "memory": ["-c", BY_HAND, LAB, folder, path, output, predict],
        }
        seconds: dict[str, list[float]] = {"stream": [], "memory": [], "predict": []}
        peaks = {}
        for counted in range(rounds + 1 if rounds > 1 else 1):
            for name, command in sides.items():
                cost = measure([sys.executable, *map(str, command)])
                peaks[name] = cost.peak_mb
                if counted or rounds == 1:  # a first round, which warms the disk's cache, is not counted
                    seconds[name].append(cost.seconds)
            if counted or rounds == 1:
                seconds["predict"].append(float(predict.read_text()))
        million = {name: rows / statistics.median(values) / 1e6 for name, values in seconds.items()}
        print(
            f"{rows:>9} rows, {kind:<7}  streamed {million['stream']:.2f} million rows/s, "
            f"{peaks['stream']:.0f} MB; in memory {million['memory']:.2f}, {peaks['memory']:.0f} MB; "
            f"predict alone {million['predict']:.2f}"
        )
        print_ratio("  rows/s, against all in memory", seconds["memory"], seconds["stream"], "at least 0.7")
        print_ratio("  rows/s, against predict alone", seconds["predict"], seconds["stream"], "none")
        path.unlink()


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=3, help="counted rounds of each size (default: 3)")
    options.add_argument("--largest", type=int, default=10**7, help="rows, the last size (default: 10^7)")
    options.add_argument("--smallest", type=int, default=10**5, help="rows, the first size (default: 10^5)")
    options.add_argument("--model", default="", help="linear or catboost (default: the one that is chosen)")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["bash", LAB / "pipeline.sh", "--folder", folder], check=True, stdout=sys.stderr)
        if arguments.model:
            training = [sys.executable, LAB / "model_preparation.py", "--folder", folder]
            subprocess.run([*training, "--model", arguments.model], check=True)
        print(read_json(folder / "model" / "model.json")["metric"]["chosen"])
        size = arguments.smallest
        while size <= arguments.largest:
            compare(folder, size, arguments.rounds)
            size *= 10
