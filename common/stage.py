"""The frame of a stage script: options, errors, exit codes and the metric line.

A stage script ends with

    if __name__ == "__main__":
        run(main, parser(__doc__, __file__))
"""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

EXIT_LAB_ERROR = 1
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


def whole_number(at_least: int) -> Callable[[str], int]:
    """Return an argparse type: a whole number that is not below `at_least`."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = at_least - 1
        if number < at_least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of {at_least} or more")
        return number

    return convert


def run(main: Callable[[argparse.Namespace], None], options: argparse.ArgumentParser) -> None:
    """Run a stage: exit 0 when done, 1 with one line on stderr for a LabError, 2 for wrong usage."""
    arguments = options.parse_args()
    try:
        main(arguments)
    except LabError as error:
        print(f"{options.prog}: {error}", file=sys.stderr)
        sys.exit(EXIT_LAB_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


def print_metric(metric: str, value: float) -> None:
    """Print the one line a pipeline writes to stdout; `metric` is its true name, as in `accuracy`."""
    if not math.isfinite(value):
        raise LabError(f"the {metric} is {value}, not a number: look at the test data and at the model")
    print(f"Model test {metric} is: {value:.3f}")
