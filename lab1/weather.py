"""Simulates weather stations: a real city's climate, and what sensors do to it.

All temperatures are in degrees Celsius. Randomness comes from the generator that is passed in.
"""

from itertools import accumulate

import numpy as np
import pandas as pd

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


def simulate_station(
    rng: np.random.Generator, climate: tuple[float, float, float], dates: np.ndarray
) -> pd.DataFrame:
    """Return a station's days: season plus persistent deviation, and the range around it. In °C."""
    mean_c, amplitude_c, range_c = climate
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int)
    winter = np.cos(
        2 * np.pi * (day_of_year - COLDEST_DAY) / YEAR_DAYS
    )  # 1 on the coldest day, -1 on the warmest
    innovations = rng.normal(0, np.sqrt(1 - PERSISTENCE**2), len(dates))
    deviation = np.fromiter(
        accumulate(innovations, lambda day, new: PERSISTENCE * day + new), float, len(dates)
    )
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
