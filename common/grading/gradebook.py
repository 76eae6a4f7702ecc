"""Grades a folder of submissions: a table, a page, and for each student what the grader saw.

    python -m common.grading.gradebook SUBMISSIONS --out gradebook/ [--labs lab1,lab2] [--jobs N]

Each entry of SUBMISSIONS, a folder or a .zip, is a student; `anna@2.zip` is anna's second attempt. Stopped
or killed and started again, it goes on where it was: only what changed, or was never graded, is graded.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from common.grading.book.collect import Collection, Course
from common.grading.book.entries import list_attempts
from common.grading.book.hashing import hash_judges
from common.grading.book.points import read_points
from common.grading.book.rows import COUNTS
from common.grading.book.rubrics import known_labs, read_rubrics
from common.grading.book.since import changed_since
from common.grading.book.store import Store
from common.grading.book.workers import cluster, local
from common.grading.texts import LANGUAGES, counted, language_of, shown, speak, text
from common.stage import run, whole_number

VALUES = {"--time-limit": "S", "--memory-limit": "MB"}
BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"  # tqdm's, without English words
SWITCHES = ("--allow-network", "--trust-submission", "--requirements", "--engine")


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m common.grading.gradebook",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder of folders and .zips")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the gradebook's folder")
    parser.add_argument("--labs", default=",".join(known_labs()), metavar="LABS", help="default: %(default)s")
    parser.add_argument(
        "--jobs", type=whole_number(1, 256), default=os.cpu_count(), metavar="N", help="gradings at a time"
    )
    parser.add_argument(
        "--scheduler", metavar="URL", help="grade on this Dask cluster, as in tcp://10.0.0.1:8786"
    )
    parser.add_argument(
        "--counts", choices=COUNTS, default="best", help="which attempt counts (default: best)"
    )
    parser.add_argument(
        "--points", type=Path, metavar="FILE", help="a points.toml: other points for some checks"
    )
    parser.add_argument(
        "--since", metavar="REF", help="grade only entries that changed since this git revision"
    )
    parser.add_argument(
        "--starter", type=Path, metavar="DIR", help="what every student was given: not a likeness"
    )
    for name, metavar in VALUES.items():
        parser.add_argument(name, metavar=metavar, help="of one run of a submission")
    parser.add_argument(
        "--lang", choices=LANGUAGES, default=language_of(os.environ), help="default: that of LANG"
    )
    for name in SWITCHES:
        parser.add_argument(name, action="store_true", help="as bash common/test.sh has it")
    return parser


def main(arguments: argparse.Namespace) -> None:
    speak(arguments.lang)
    criteria = read_rubrics(dict.fromkeys(arguments.labs.split(",")))
    labs = tuple(dict.fromkeys(one.lab for one in criteria))
    course = Course(
        labs=labs,
        criteria=read_points(arguments.points, criteria) if arguments.points else criteria,
        options=grader_options(arguments),
        judges=hash_judges(labs),
        counts=arguments.counts,
        starter=arguments.starter and arguments.starter.absolute(),
    )
    attempts = list_attempts(arguments.submissions)
    changed = changed_since(arguments.since, arguments.submissions) if arguments.since else None
    store = Store(arguments.out.absolute())
    with ExitStack() as stack:
        stack.enter_context(store.opened())
        collection = Collection(store, course, attempts)
        tasks = collection.take_kept(changed)
        kept = len(attempts) - len(tasks)
        with tqdm(
            desc=text("graded"), total=len(attempts), initial=kept, bar_format=BAR, file=sys.stderr
        ) as progress:
            if tasks:
                work = cluster(arguments.scheduler) if arguments.scheduler else local(arguments.jobs)
                for row in collection.grade(tasks, stack.enter_context(work)):
                    progress.set_postfix_str(shown(row["student"], 30))
                    progress.update()
        rows = collection.finish()
    errors = sum(bool(row["error"]) for row in rows)
    print(
        text(
            "{students}, graded now: {graded}, kept: {kept}, with an error: {errors}; see {page}",
            students=counted("{count} student", "{count} students", len(rows)),
            graded=len(tasks),
            kept=kept,
            errors=errors,
            page=arguments.out / "index.html",
        )
    )


def grader_options(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that each grading gets, as they are typed."""
    given = vars(arguments)
    values = ((name, given[name[2:].replace("-", "_")]) for name in VALUES)
    typed = [word for name, value in values if value for word in (name, value)]
    return (
        *typed,
        "--lang",
        arguments.lang,
        *(name for name in SWITCHES if given[name[2:].replace("-", "_")]),
    )


if __name__ == "__main__":
    run(main, options())
