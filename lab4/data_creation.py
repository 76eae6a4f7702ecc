"""Creates the raw passenger list of the Titanic: data/raw/passengers.csv, one row a passenger.

    python lab4/data_creation.py
    python lab4/data_creation.py --source real

The embedded list is rebuilt from published counts and needs no network; the real one is downloaded.
"""

from argparse import Namespace

from common.files import write_table
from common.stage import parser, run
from common.titanic import SOURCES, load


def main(arguments: Namespace) -> None:
    write_table(load(arguments.source), arguments.folder / "data" / "raw" / "passengers.csv")


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--source",
        choices=SOURCES,
        default="embedded",
        help="embedded: rebuilt, offline (the default); real: from the network",
    )
    run(main, options)
