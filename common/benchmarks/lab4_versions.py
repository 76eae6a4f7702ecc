"""What versions cost: lab4 in one process against the same commands typed; a switch against a plain copy.

    python common/benchmarks/lab4_versions.py [--rounds 5] [--rows 10000000]

Both sides of the first comparison set a repository up, add, commit, tag and push four versions, clone it, and
switch through all of them from an empty cache. The second one switches between two versions of a large table,
once a way that DVC has to put a file in its place.
"""

import argparse
import contextlib
import io
import logging
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common.benchmarks.timing import measure_in_turn, print_ratio

LAB = Path(__file__).resolve().parents[2] / "lab4"
DVC = f"{shlex.quote(sys.executable)} -m dvc"
TAGS = ("v1-selected", "v2-imputed", "v3-encoded", "v4-features")
ONE_PROCESS = f"""\
import shutil, sys
from pathlib import Path
sys.path.insert(0, {str(LAB)!r})
from common.titanic import load
from history import DATES, add_version, set_up
from passengers import make_versions
from switch_versions import clone_workspace, switch_all
from workspace import prepare_process
folder = Path(sys.argv[1])
shutil.rmtree(folder, ignore_errors=True)
for name in ("workspace", "clone"):
    (folder / name).mkdir(parents=True)
prepare_process(folder)
set_up(folder / "workspace", "../../remote")
for date, (name, table) in zip(DATES, make_versions(load("embedded")).items(), strict=False):
    add_version(folder / "workspace", name, table, date)
clone_workspace(folder / "workspace", folder / "clone")
sys.exit(bool(switch_all(folder / "clone")))
"""
TYPED = f"""\
set -euo pipefail
rm -rf "$1" && mkdir -p "$1/workspace/data" && cd "$1/workspace"
git init --quiet --initial-branch=main
git config user.name Ann && git config user.email ann@example.org
{DVC} init --quiet
{DVC} config core.analytics false
{DVC} remote add --quiet --default store ../remote
git add --all && git commit --quiet --message="Set up DVC"
for tag in {" ".join(TAGS)}; do
    cp "$2/$tag.csv" data/titanic.csv
    {DVC} add --quiet data/titanic.csv
    git add --all && git commit --quiet --message="$tag" && git tag --annotate --message="$tag" "$tag"
    {DVC} push --quiet
done
git clone --quiet . ../clone
cd ../clone
for tag in {" ".join(TAGS)}; do
    git checkout --quiet "$tag"
    {DVC} pull --quiet --force
    md5sum data/titanic.csv
done
"""
TABLES = f"""\
import sys
sys.path.insert(0, {str(LAB)!r})
from common.titanic import load
from passengers import VERSIONS, make_versions
for name, table in make_versions(load("embedded")).items():
    table.to_csv(sys.argv[1] + "/" + VERSIONS[name].tag + ".csv", index=False)
"""
LINKS = ("copy", "hardlink", "symlink", "reflink")
SWITCHES = 4
BLOCK = 10_000  # rows that are written at once


def compare(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", TABLES, folder], check=True)
        sides = {
            "one process": [[sys.executable, "-c", ONE_PROCESS, f"{folder}/one"]],
            "typed": [["bash", "-c", TYPED, "typed", f"{folder}/typed", folder]],
        }
        seconds = measure_in_turn(sides, rounds)
    for name, spent_s in seconds.items():
        print(f"{name:<12} {statistics.median(spent_s):6.2f} s")
    print_ratio(
        "typed commands / one process of lab4", seconds["typed"], seconds["one process"], "at least 2.5"
    )


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "advice.detachedHead=false")
    subprocess.run(["git", "-C", folder, *name, *words], check=True, stdout=subprocess.DEVNULL)


def write_large(path: Path, rows: int, last: str) -> None:
    lines = [f"{1 + n % 3},{n % 2},{1 - n % 2},{n % 80}.0,{n * 7 % 2}\n" for n in range(BLOCK)]
    with path.open("w", encoding="utf-8") as file:
        file.write("Pclass,Sex_female,Sex_male,Age,Survived\n")
        for _ in range(rows // BLOCK):
            file.write("".join(lines))
        file.writelines(lines[: rows % BLOCK])
        file.write(last)


def disk_mb(folder: Path) -> float:
    """Return what the data and their cache take on the disk; what is linked counts once."""
    cached = (folder / ".dvc" / "cache" / "files").rglob("*")
    files = (path.lstat() for path in (folder / "data.csv", *cached) if not path.is_dir())
    return sum({entry.st_ino: entry.st_blocks * 512 for entry in files}.values()) / 1e6


def switch_large(folder: Path, rows: int, link: str) -> str:
    """Return in words the seconds of a switch between two versions and of a copy, and the disk used."""
    from dvc.repo import Repo

    logging.getLogger("dvc").setLevel(logging.CRITICAL)
    data = folder / "data.csv"
    git(folder, "init", "--quiet", "--template=")
    Repo.init(str(folder)).close()
    settings = f"[core]\n    analytics = false\n[cache]\n    type = {link}\n"
    (folder / ".dvc" / "config").write_text(settings, encoding="utf-8")
    with Repo(str(folder)) as repository:
        for tag in ("v1", "v2"):
            data.unlink(missing_ok=True)
            write_large(data, rows, last=f"1,1,0,{tag[1]}.0,1\n")
            repository.add([str(data)])
            git(folder, "add", "data.csv.dvc", ".gitignore", ".dvc")
            git(folder, "commit", "--quiet", f"--message={tag}")
            git(folder, "tag", tag)
        switch_s, copy_s = [], []
        for turn in range(SWITCHES):
            began_s = time.perf_counter()
            git(folder, "checkout", "--quiet", ("v1", "v2")[turn % 2])
            repository.checkout(force=True)
            switch_s.append(time.perf_counter() - began_s)
            began_s = time.perf_counter()
            shutil.copyfile(data, folder / "copy.csv")
            copy_s.append(time.perf_counter() - began_s)
            (folder / "copy.csv").unlink()
    size_mb = data.stat().st_size / 1e6
    return (
        f"switch {statistics.median(switch_s):6.3f} s, plain copy {statistics.median(copy_s):6.3f} s, "
        f"disk {disk_mb(folder):.2f} MB for two versions of {size_mb:.2f} MB"
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5, help="of the first comparison (default: 5)")
    options.add_argument("--rows", type=int, default=10**7, help="of the large table (default: 10^7)")
    arguments = options.parse_args()
    compare(arguments.rounds)
    from dvc.exceptions import DvcException

    for rows in sorted({891, arguments.rows}):
        print(f"\n{rows} rows")
        for link in LINKS:
            with tempfile.TemporaryDirectory() as place:
                os.environ["DVC_SITE_CACHE_DIR"] = f"{place}/.dvc-site"
                os.environ["DVC_GLOBAL_CONFIG_DIR"] = os.environ["DVC_SYSTEM_CONFIG_DIR"] = place
                try:
                    with contextlib.redirect_stderr(io.StringIO()):  # DVC's hints are for who types
                        line = switch_large(Path(place), rows, link)
                    print(f"{link:<10} {line}")
                except DvcException:
                    print(f"{link:<10} not on this file system")
