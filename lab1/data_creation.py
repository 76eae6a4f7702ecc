"""Creates raw weather: one CSV a station, most stations in data/raw/train, the others in data/raw/test.

    python lab1/data_creation.py --stations 12 --days 1461 --seed 0
    python lab1/data_creation.py --observations FOLDER

A simulated station has a real city's climate and, as its file name says, what sensors do: spikes, a stuck
sensor, missing days, a noisy spell. Stations of test have other climates and later years than those of
train. --observations takes real stations instead, one CSV each: date,t_min_c,t_mean_c,t_max_c.
"""

import shutil
from argparse import Namespace
from itertools import accumulate
from pathlib import Path

import numpy as np
import pandas as pd

from common.files import list_tables, replace_folder, write_json, write_table
from common.stage import LabError, parser, run, whole_number

# city: yearly mean, half of July - January, mean daily range; all in °C. Mean and amplitude are the official
# normals of 1971-2000 (Environment Canada, printed by Statistics Canada, 16-201-X, table 1.6), the range is
# from those of 1981-2010; Vienna: World Weather Information Service, 1971-2000.
CLIMATES = {
    "train": {
        "st_johns": (4.7, 10.1, 8.0),
        "winnipeg": (2.6, 18.65, 12.0),
        "halifax": (6.3, 12.3, 7.0),
        "edmonton": (2.4, 14.7, 10.0),
        "montreal": (5.8, 15.45, 10.0),
        "regina": (2.8, 17.5, 12.0),
        "vienna": (10.6, 10.0, 7.8),
        "thunder_bay": (2.5, 16.2, 12.0),
    },
    "test": {
        "toronto": (7.5, 13.55, 7.0),
        "saskatoon": (2.2, 17.6, 11.0),
        "ottawa": (6.0, 15.85, 9.0),
        "calgary": (4.1, 12.55, 13.0),
    },
}
TEST_EVERY = 3  # every third station is for testing
FIRST_DAY = np.datetime64("2010-01-01")
YEAR_DAYS = 365.25
COLDEST_DAY = 20  # of the year: northern winters lag behind the solstice by a month
# The next four are rounded from 12 European stations, 2000-2009 (ECA&D, Klein Tank et al. 2002).
PERSISTENCE = 0.8  # correlation of a day's deviation from the season with the day's before
DEVIATION_C = 3.6  # standard deviation of it, in the year's mean
WINTER_EXCESS = 0.2  # how much larger it is in the coldest days, and smaller in the warmest
RANGE_SHAPE = 5.0  # of the gamma distribution of the daily range: its deviation is 0.45 of its mean

SENSORS = ("clean", "spikes", "clean", "stuck", "clean", "missing", "clean", "noisy")
SPIKES_SHARE = 0.01  # of days
SPIKE_C = 40.0  # far outside any weather
STUCK_DAYS = 20
MISSING_SHARE = 0.05  # of days, most of them in one gap
NOISY_DAYS = 120
NOISE_C = 2.0
LONGEST_DAYS = 1_000_000  # keeps the dates below the year 10000


def simulate_station(rng: np.random.Generator, climate: tuple[float, float, float], dates: np.ndarray) -> pd.DataFrame:
    """Return a station's days: season plus persistent deviation, and the range around it. In °C."""
    mean_c, amplitude_c, range_c = climate
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int)
    winter = np.cos(2 * np.pi * (day_of_year - COLDEST_DAY) / YEAR_DAYS)  # 1 on the coldest day, -1 on the warmest
    innovations = rng.normal(0, np.sqrt(1 - PERSISTENCE**2), len(dates))
    deviation = np.fromiter(accumulate(innovations, lambda day, new: PERSISTENCE * day + new), float, len(dates))
    t_mean_c = mean_c - amplitude_c * winter + deviation * DEVIATION_C * (1 + WINTER_EXCESS * winter)
    range_today_c = rng.gamma(RANGE_SHAPE, range_c / RANGE_SHAPE, len(dates))
    return pd.DataFrame(
        {
            "date": dates,
            "t_min_c": t_mean_c - range_today_c / 2,
            "t_mean_c": t_mean_c,
            "t_max_c": t_mean_c + range_today_c / 2,
        }
    )


def spoil_station(rng: np.random.Generator, station: pd.DataFrame, sensor: str) -> pd.DataFrame:
    """Return what a sensor of that kind would have recorded."""
    days, readings = len(station), ["t_min_c", "t_mean_c", "t_max_c"]
    values = station[readings].to_numpy(copy=True)
    if sensor == "spikes":
        hit = rng.random(days) < SPIKES_SHARE
        values[hit] += rng.choice([-SPIKE_C, SPIKE_C], size=(hit.sum(), 1))
    elif sensor == "stuck":
        start = rng.integers(days)
        values[start : start + STUCK_DAYS] = values[start]
    elif sensor == "noisy":
        start = rng.integers(days)
        values[start : start + NOISY_DAYS] += rng.normal(0, NOISE_C, values[start : start + NOISY_DAYS].shape)
    station = station.assign(**dict(zip(readings, values.round(1).T, strict=True)))
    if sensor == "missing":
        gap_days = max(1, int(days * MISSING_SHARE / 2))
        start = rng.integers(1, max(2, days - gap_days))
        lost = rng.random(days) < MISSING_SHARE / 2
        lost[start : start + gap_days] = True
        lost[0] = False
        station = station[~lost]
    return station


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
        start = FIRST_DAY + (days if part == "test" else 0)
        station = simulate_station(rng, CLIMATES[part][city], start + np.arange(days))
        write_table(spoil_station(rng, station, sensor), folder / part / f"{index + 1:04}_{city}_{sensor}.csv")


def split_observations(observations: Path, folder: Path, seed: int) -> int:
    """Copy real stations to train and test, every third of a seeded order to test; return how many."""
    files = list_tables(observations)
    if len(files) < TEST_EVERY:
        raise LabError(f"'{observations}' has {len(files)} stations: at least {TEST_EVERY} are needed, add some")
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
    options.add_argument("--stations", type=whole_number(TEST_EVERY), default=12, help="how many (default: 12)")
    options.add_argument(
        "--days", type=whole_number(30, LONGEST_DAYS), default=1461, help="of each station (default: 1461, 4 years)"
    )
    options.add_argument("--seed", type=whole_number(0), default=0, help="another one, another weather (default: 0)")
    options.add_argument("--observations", type=Path, metavar="FOLDER", help="real stations instead, one CSV each")
    run(main, options)
