"""Creates the raw passenger list of the Titanic: one CSV to train on, one to test on.

    python lab3/data_creation.py --source embedded --seed 0
    python lab3/data_creation.py --source real

The default needs no network: a reconstruction from published counts. Both parts have the same shares of
class, sex and fate, so that a test on 268 people says something about all 891.
"""

from argparse import Namespace

import pandas as pd
from sklearn.model_selection import train_test_split

from common import titanic
from common.atomic import replace_folder
from common.files import write_json, write_table
from common.stage import parser, run, whole_number

TEST_SHARE = 0.3  # 268 people: the standard error of an accuracy of 0.8 is 0.024


def split_passengers(passengers: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Return train and test, each in the list's own order, with equal shares of class, sex and fate."""
    strata = passengers["Pclass"].astype(str) + passengers["Sex"] + passengers["Survived"].astype(str)
    train, test = train_test_split(
        passengers, test_size=TEST_SHARE, random_state=seed, shuffle=True, stratify=strata
    )
    return {"train": train.sort_index(), "test": test.sort_index()}


def main(arguments: Namespace) -> None:
    passengers = titanic.load(arguments.source)
    with replace_folder(arguments.folder / "data" / "raw") as raw:
        for part, people in split_passengers(passengers, arguments.seed).items():
            write_table(people, raw / part / "passengers.csv")
        source = {"source": arguments.source, "is": titanic.SOURCES[arguments.source], "seed": arguments.seed}
        write_json(source, raw / "source.json")


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--source",
        choices=tuple(titanic.SOURCES),
        default="embedded",
        help="embedded: a reconstruction, offline; real: downloads the real list (default: embedded)",
    )
    options.add_argument(
        "--seed", type=whole_number(0, 2**32 - 1), default=0, help="another one, another split (default: 0)"
    )
    run(main, options)
