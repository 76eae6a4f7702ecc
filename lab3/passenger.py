"""A passenger as the service is asked about: the JSON of /predict, checked, and packed for the model.

One definition serves the decoder and the documentation; complaints.py says what is wrong with the rest.
"""

from struct import Struct as Packing
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from features import DEAREST_POUNDS, FEATURES, MOST_RELATIVES, OLDEST_YEARS, PORTS, SEXES

MOST_PASSENGERS = 1000  # in one request
EXAMPLE = {
    "class": 1,
    "sex": "female",
    "age_years": 29,
    "siblings_spouses": 0,
    "parents_children": 0,
    "fare_pounds": 80,
    "port": "S",
}
ROW = Packing(f"{len(FEATURES)}f")  # the model's float32 columns, in the order of FEATURES
UNKNOWN = float("nan")

Relatives = Annotated[int, Meta(ge=0, le=MOST_RELATIVES)]


# kw_only: fields in the order in which people write them, which is also the quickest to read.
# gc=False: what has only words and numbers cannot be part of a cycle, so nobody need look for one.
class Passenger(
    msgspec.Struct, kw_only=True, gc=False, forbid_unknown_fields=True, rename={"ticket": "class"}
):
    """Somebody on board. Leave out the age or the port, or give null, when it is not known."""

    ticket: Annotated[Literal[1, 2, 3], Meta(description="class of the ticket")]
    sex: Annotated[Literal["female", "male"], Meta(description="as in the passenger list")]
    age_years: Annotated[float, Meta(ge=0, le=OLDEST_YEARS)] | None = None
    siblings_spouses: Annotated[Relatives, Meta(description="brothers, sisters, wife, husband on board")] = 0
    parents_children: Annotated[Relatives, Meta(description="parents and children on board")] = 0
    fare_pounds: Annotated[float, Meta(ge=0, le=DEAREST_POUNDS, description="price, pounds of 1912")]
    port: Annotated[
        Literal["S", "C", "Q"] | None, Meta(description="Southampton, Cherbourg or Queenstown")
    ] = None


Passengers = Annotated[list[Passenger], Meta(min_length=1, max_length=MOST_PASSENGERS)]
DECODER = msgspec.json.Decoder(Passenger | Passengers)
decode = DECODER.decode
_known_port = PORTS | {None: UNKNOWN}


def pack(person: Passenger) -> bytes:
    """Return the model's row of a passenger, native float32."""
    age_years = person.age_years
    return ROW.pack(
        person.ticket,
        SEXES[person.sex],
        UNKNOWN if age_years is None else age_years,
        person.siblings_spouses,
        person.parents_children,
        person.fare_pounds,
        _known_port[person.port],
    )
