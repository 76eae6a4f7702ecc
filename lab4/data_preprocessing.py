"""Makes one version of the dataset from the raw list, and splits it for training and testing.

    python lab4/data_preprocessing.py --dataset imputed

Reads data/raw/passengers.csv; writes dataset.csv, which is the version as it is tagged, train.csv, test.csv
and features.json to data/prepared. The split is the same for every version: experiments compare.
"""

from argparse import Namespace

from sklearn.model_selection import train_test_split

from common.atomic import replace_folder
from common.files import read_table, write_json, write_table
from common.stage import parser, run, whole_number

from passengers import RAW_TYPES, TARGET, VERSIONS, describe_columns, make_versions

TEST_SHARE = 0.25  # 223 passengers


def main(arguments: Namespace) -> None:
    data = arguments.folder / "data"
    passengers = read_table(data / "raw" / "passengers.csv", RAW_TYPES)
    dataset = make_versions(passengers)[arguments.dataset]
    train, test = train_test_split(
        dataset, test_size=TEST_SHARE, random_state=arguments.seed, stratify=dataset[TARGET]
    )
    with replace_folder(data / "prepared") as prepared:
        for name, table in (("dataset", dataset), ("train", train), ("test", test)):
            write_table(table, prepared / f"{name}.csv")
        write_json({"features": describe_columns(dataset)}, prepared / "features.json")


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--dataset", choices=VERSIONS, default="features", help="the version (default: features)"
    )
    options.add_argument("--seed", type=whole_number(0), default=0, help="of the split (default: 0)")
    run(main, options)
