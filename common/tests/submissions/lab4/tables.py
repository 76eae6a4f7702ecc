"""Versions of two datasets, and the scripts that create them: small, and without a library."""

SELECT = """\
import csv
import random
from pathlib import Path

random.seed(1)
file = Path(__file__).with_name("data") / "titanic.csv"
file.parent.mkdir(exist_ok=True)
with file.open("w", newline="") as out:
    table = csv.writer(out, lineterminator="\\n")
    table.writerow(["Pclass", "Sex", "Age"])
    for number in range(90):
        age = "" if number % 5 == 0 else random.randint(1, 70)
        table.writerow([random.randint(1, 3), random.choice(["male", "female"]), age])
"""
FILL = """\
import csv
from pathlib import Path

file = Path(__file__).with_name("data") / "titanic.csv"
with file.open() as content:
    rows = list(csv.DictReader(content))
known = [float(row["Age"]) for row in rows if row["Age"]]
mean = sum(known) / len(known)
with file.open("w", newline="") as out:
    table = csv.DictWriter(out, rows[0], lineterminator="\\n")
    table.writeheader()
    table.writerows(row | {"Age": row["Age"] or mean} for row in rows)
"""
ENCODE = """\
import csv
from pathlib import Path

file = Path(__file__).with_name("data") / "titanic.csv"
with file.open() as content:
    rows = list(csv.DictReader(content))
for row in rows:
    sex = row.pop("Sex")
    row["Sex_female"], row["Sex_male"] = int(sex == "female"), int(sex == "male")
with file.open("w", newline="") as out:
    table = csv.DictWriter(out, rows[0], lineterminator="\\n")
    table.writeheader()
    table.writerows(rows)
"""
SCRIPTS = {"1_select.py": SELECT, "2_fill.py": FILL, "3_encode.py": ENCODE}
REPORT = """\
# Lab 4

DVC is set up, with the remote `storage`. There are three versions of the passengers: v1 selected, v2 filled,
v3 encoded. `git checkout v1 && dvc checkout` switches.
"""
DVC_YAML = """\
stages:
  count:
    cmd: wc -l <data/titanic.csv >lines.txt
    deps: [data/titanic.csv]
    outs: [lines.txt]
"""


def titanic() -> list[str]:
    """Return the three versions, as the scripts make them."""
    rows = [
        (1 + i % 3, ("male", "female")[i * 7 % 11 % 2], "" if i % 5 == 0 else str(20 + i % 9))
        for i in range(90)
    ]
    known = [int(age) for *_, age in rows if age]
    filled = [(pclass, sex, age or str(sum(known) / len(known))) for pclass, sex, age in rows]
    encoded = [(pclass, age, int(sex == "female"), int(sex == "male")) for pclass, sex, age in filled]
    return [
        _table(("Pclass", "Sex", "Age"), rows),
        _table(("Pclass", "Sex", "Age"), filled),
        _table(("Pclass", "Age", "Sex_female", "Sex_male"), encoded),
    ]


def flats() -> list[str]:
    """Return another dataset: semicolons, gaps said as NA, words that become numbers."""
    rows = [
        (i, ("Север", "Юг", "Центр")[i % 3], "NA" if i % 7 == 3 else f"{30 + i % 40}.5") for i in range(80)
    ]
    known = [float(area) for *_, area in rows if area != "NA"]
    mean = f"{sum(known) / len(known):.2f}"
    filled = [(i, district, mean if area == "NA" else area) for i, district, area in rows]
    numbers = {"Север": 0, "Юг": 1, "Центр": 2}
    encoded = [(i, numbers[district], area) for i, district, area in filled]
    return [_table(("id", "district", "area"), table, ";") for table in (rows, filled, encoded)]


def _table(header: tuple, rows: list[tuple], delimiter: str = ",") -> str:
    return "".join(delimiter.join(map(str, row)) + "\n" for row in (header, *rows))
