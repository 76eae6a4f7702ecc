"""Creates raw weather: one CSV a station, most stations in data/raw/train, the others in data/raw/test.

    python lab1/data_creation.py --stations 12 --days 1461 --seed 0
    python lab1/data_creation.py --observations FOLDER

A simulated station has a real city's climate and, as its file name says, what sensors do: spikes, a stuck
sensor, missing days, a noisy spell. Stations of test have other climates and later years than those of
train. --observations takes real stations instead, one CSV each: date,t_min_c,t_mean_c,t_max_c.
"""

import shutil
from argparse import Namespace
from pathlib import Path

import numpy as np

from common.atomic import replace_folder
from common.files import list_tables, write_json, write_table
from common.stage import LabError, parser, run, whole_number

from weather import CLIMATES, SENSORS, simulate_station, spoil_station

TEST_EVERY = 3  # every third station is for testing
FIRST_DAY = np.datetime64("2010-01-01")
LONGEST_DAYS = 1_000_000  # keeps the dates below the year 10000


def create_stations(folder: Path, stations: int, days: int, seed: int) -> None:
    """Write the CSVs of `stations` simulated stations to the folders train and test of `folder`."""
    counts = {"train": 0, "test": 0}
    for index in range(stations):
        part = "test" if index % TEST_EVERY == TEST_EVERY - 1 else "train"
        cities = list(CLIMATES[part])
        city = cities[counts[part] % len(cities)]
        sensor = SENSORS[counts[part] % len(SENSORS)]
        counts[part] += 1
        rng = np.random.default_rng([seed, index])  # a station is the same however many there are
        first_day = FIRST_DAY + np.timedelta64(days if part == "test" else 0, "D")
        dates = first_day + np.arange(days).astype("timedelta64[D]")
        station = simulate_station(rng, CLIMATES[part][city], dates)
        write_table(
            spoil_station(rng, station, sensor), folder / part / f"{index + 1:04}_{city}_{sensor}.csv"
        )


def split_observations(observations: Path, folder: Path, seed: int) -> int:
    """Copy real stations to train and test, every third of a seeded order to test; return how many."""
    files = list_tables(observations)
    if len(files) < TEST_EVERY:
        raise LabError(
            f"'{observations}' has {len(files)} stations: at least {TEST_EVERY} are needed, add some"
        )
    for index, choice in enumerate(np.random.default_rng(seed).permutation(len(files))):
        part = folder / ("test" if index % TEST_EVERY == TEST_EVERY - 1 else "train")
        part.mkdir(exist_ok=True)
        shutil.copyfile(files[choice], part / files[choice].name)
    return len(files)


def main(arguments: Namespace) -> None:
    with replace_folder(arguments.folder / "data" / "raw") as raw:
        source = {"source": "simulation", "seed": arguments.seed}
        if arguments.observations:
            source["source"] = "observations"
            source["stations"] = split_observations(arguments.observations, raw, arguments.seed)
        else:
            create_stations(raw, arguments.stations, arguments.days, arguments.seed)
            source |= {"stations": arguments.stations, "days": arguments.days}
        write_json(source, raw / "source.json")


if __name__ == "__main__":
    options = parser(__doc__, __file__)
    options.add_argument(
        "--stations", type=whole_number(TEST_EVERY), default=12, help="how many (default: 12)"
    )
    options.add_argument(
        "--days",
        type=whole_number(30, LONGEST_DAYS),
        default=1461,
        help="of each station (default: 1461, 4 years)",
    )
    options.add_argument(
        "--seed", type=whole_number(0), default=0, help="another one, another weather (default: 0)"
    )
    options.add_argument(
        "--observations", type=Path, metavar="FOLDER", help="real stations instead, one CSV each"
    )
    run(main, options)
