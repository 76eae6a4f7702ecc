"""The frame of a stage script: options, errors, exit codes and the metric line.

A stage script ends with

    if __name__ == "__main__":
        run(main, parser(__doc__, __file__))
"""

import argparse
import errno
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

EXIT_LAB_ERROR = 1
MET_BY_USERS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


class LabError(Exception):
    """What a user did or met. The message is one line: the value, and what to do about it."""


def parser(doc: str, script: str) -> argparse.ArgumentParser:
    """Return the options every stage has: --help from the script's docstring, and --folder.

    `script` is the script's own path; data/ and model/ live beside it unless --folder says otherwise.
    """
    options = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument(
        "--folder",
        type=Path,
        default=Path(script).resolve().parent,
        metavar="DIR",
        help="where data/ and model/ are read and written (default: the script's own folder)",
    )
    return options


def whole_number(at_least: int, at_most: int | None = None) -> Callable[[str], int]:
    """Return an argparse type: a whole number within these bounds, both included."""
    bounds = f"{at_least} or more" if at_most is None else f"{at_least} to {at_most}"

    def convert(text: str) -> int:
        with suppress(ValueError):
            number = int(text)
            if number >= at_least and (at_most is None or number <= at_most):
                return number
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number: give {bounds}")

    return convert


def run(main: Callable[[argparse.Namespace], None], options: argparse.ArgumentParser) -> None:
    """Run a stage: exit 0 when done, 1 with one line on stderr for a LabError, 2 for wrong usage."""
    arguments = options.parse_args()
    try:
        main(arguments)
    except LabError as error:
        print(f"{options.prog}: {error}", file=sys.stderr)
        sys.exit(EXIT_LAB_ERROR)
    except OSError as error:
        if error.errno not in MET_BY_USERS:
            raise
        where = f" '{error.filename}'" if error.filename else ""
        elsewhere = ", or use --folder" if "folder" in arguments else ""
        print(f"{options.prog}: cannot write{where}: {error.strerror}: mend that{elsewhere}", file=sys.stderr)
        sys.exit(EXIT_LAB_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def print_metric(metric: str, value: float) -> None:
    """Print the one line a pipeline writes to stdout; `metric` is its true name, as in `accuracy`."""
    if not math.isfinite(value):
        raise LabError(f"the {metric} is {value}, not a number: look at the test data and at the model")
    print(f"Model test {metric} is: {value:.3f}")
