"""Reads raw weather stations and takes out what their sensors did, looking at the past only."""

from pathlib import Path

import numpy as np
import pandas as pd

from common.files import DATE, read_table
from common.stage import LabError

READINGS = ["t_min_c", "t_mean_c", "t_max_c"]
RAW_COLUMNS = {"date": DATE} | dict.fromkeys(READINGS, "float32")
ROLLING_DAYS = 7  # a spike is a day that leaves its week; also how long a gap may be and still be filled
# Hampel's rule (Hampel 1974; Pearson 2002): 1.4826 median absolute deviations estimate a standard deviation.
# With the floor, nothing within 15 °C of the week's median is a spike: real weather changes that much.
DEVIATIONS = 5.0
MAD_TO_DEVIATION = 1.4826
DEVIATION_FLOOR_C = 3.0
STUCK_DAYS = 3  # three readings equal on three days running: a sensor, not weather


def read_station(path: Path) -> pd.DataFrame:
    """Read a raw station, indexed by date; a LabError when its days cannot be used."""
    station = read_table(path, RAW_COLUMNS)
    step = station["date"].diff().dt.days
    if (step <= 0).any():
        row = int(np.argmax(step <= 0))
        how = "twice" if step[row] == 0 else "out of order"
        raise LabError(
            f"'{path}', line {row + 2}: date '{station['date'][row]:%Y-%m-%d}' is {how}: sort the days"
        )
    if len(station) < ROLLING_DAYS + 2:
        raise LabError(f"'{path}' has {len(station)} days, at least {ROLLING_DAYS + 2} are needed: add some")
    for name in READINGS:
        if station[name].isna().all():
            raise LabError(f"'{path}': every value of '{name}' is missing: leave the station out")
    return station.set_index("date")


def clean_readings(station: pd.DataFrame) -> pd.DataFrame:
    """Return one row a calendar day with spikes and stuck values taken out (NaN), seen from the past only."""
    readings = station[READINGS].astype("float64").asfreq("D")
    past = readings.shift(1).rolling(ROLLING_DAYS, min_periods=ROLLING_DAYS // 2)
    median = past.median()
    mad = (readings.shift(1) - median).abs().rolling(ROLLING_DAYS, min_periods=ROLLING_DAYS // 2).median()
    limit = DEVIATIONS * (MAD_TO_DEVIATION * mad).clip(lower=DEVIATION_FLOOR_C).fillna(DEVIATION_FLOOR_C)
    spike = ((readings - median).abs() > limit).any(axis="columns")
    same = (readings.diff() == 0).all(axis="columns")
    stuck = same.rolling(STUCK_DAYS - 1).sum() == STUCK_DAYS - 1
    return readings.mask(spike | stuck)
