"""The tab that asks about one passenger: the answer first, then what pushed it, then the other classes."""

import math
from collections.abc import Callable
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from features import PORT_NAMES
from page_service import explain, predict
from page_waiting import asking

USUAL_FARES = {1: 60, 2: 14, 3: 8}  # pounds of 1912, about the median ticket of each class
DEAREST_SHOWN = 520  # the dearest ticket cost 512 pounds
CLASSES = {1: "First", 2: "Second", 3: "Third"}
NUMBERS = "#808495"  # read on white and on black
UP, DOWN = "#0072b2", "#d55e00"  # blue and vermilion, told apart by every kind of colour vision
WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "class": lambda person: f"{CLASSES[person['class']].lower()} class",
    "sex": lambda person: f"being {person['sex']}",
    "age_years": lambda person: f"being {person['age_years']}" if knows_age(person) else "an unknown age",
    "siblings_spouses": lambda person: f"{count(person['siblings_spouses'])} siblings or spouse on board",
    "parents_children": lambda person: f"{count(person['parents_children'])} parents or children on board",
    "fare_pounds": lambda person: f"a ticket for {person['fare_pounds']:g} pounds",
    "port": lambda person: f"boarding at {PORT_NAMES[person['port']]}",
}


def show() -> None:
    # The answer's column comes first: on a phone the columns are stacked, and the answer is on top.
    answer, inputs = st.columns([3, 2], gap="large")
    with inputs:
        person = ask_person()
    with answer, asking():
        show_answer(person)


def ask_person() -> dict[str, Any]:
    ticket = st.segmented_control(
        "Class of the ticket", list(CLASSES), default=3, format_func=CLASSES.get, required=True, key="class"
    )
    sex = st.segmented_control(
        "Sex", ["female", "male"], default="female", format_func=str.capitalize, required=True, key="sex"
    )
    knows_age = st.toggle("The age is known", value=True, key="knows_age")
    age = st.slider("Age, years", 0, 80, 29, disabled=not knows_age, key="age")
    siblings = st.number_input("Siblings and spouse on board", 0, 10, 0, key="siblings_spouses")
    parents = st.number_input("Parents and children on board", 0, 10, 0, key="parents_children")
    fare = st.slider(
        "Fare, pounds of 1912",
        0,
        DEAREST_SHOWN,
        USUAL_FARES[ticket],
        key=f"fare{ticket}",
        help="; ".join(f"{name.lower()} class usually {USUAL_FARES[one]}" for one, name in CLASSES.items()),
    )
    port = st.selectbox("Port", list(PORT_NAMES), format_func=PORT_NAMES.get, key="port")
    return {
        "class": ticket,
        "sex": sex,
        "age_years": age if knows_age else None,
        "siblings_spouses": siblings,
        "parents_children": parents,
        "fare_pounds": fare,
        "port": port,
    }


def show_answer(person: dict[str, Any]) -> None:
    why = explain(person)
    st.metric("Chance of survival", f"{why['probability']:.0%}", border=True)
    st.subheader(sentence(why["probability"]))

    steps = reasons(person, why)
    strongest = steps.loc[steps["points"].abs().idxmax()]
    # Not the chart's own title, which a phone cuts off.
    st.markdown(f"**What counts most: {strongest['reason']} {strongest['verb']} the chance**")
    st.altair_chart(draw_reasons(steps), width="stretch")
    st.caption(f"Each step starts from the average passenger's chance, {chance(why['base_log_odds']):.0%}.")

    chances = predict([person | {"class": one, "fare_pounds": fare_in(one, person)} for one in CLASSES])
    safest = max(zip(chances, CLASSES.values(), strict=True))[1]
    st.markdown(f"**The same person in each class: {safest.lower()} is safest**")
    st.altair_chart(draw_classes(chances, person["class"]), width="stretch")
    st.caption("In another class: the same person with that class's usual fare.")


def fare_in(ticket: int, person: dict[str, Any]) -> float:
    return person["fare_pounds"] if ticket == person["class"] else USUAL_FARES[ticket]


def sentence(probability: float) -> str:
    if probability >= 0.8:
        return "Very likely among the survivors."
    if probability > 0.5:
        return "More likely to survive than not."
    if probability > 0.2:
        return "More likely to die than to survive."
    return "Very likely among the dead."


def reasons(person: dict[str, Any], why: dict[str, Any]) -> pd.DataFrame:
    """Return what pushed the chance up and down, the strongest push up first.

    SHAP values add up in log-odds (Lundberg and Lee 2017). Shown is each one's step from the average
    passenger's chance, alone, in percentage points: 100 * (p(base + value) - p(base)).
    """
    base = why["base_log_odds"]
    steps = [
        {
            "reason": WORDS[one["feature"]](person),
            "points": 100 * (chance(base + one["log_odds"]) - chance(base)),
            "verb": "raises" if one["log_odds"] > 0 else "lowers",
        }
        for one in why["contributions"]
    ]
    return pd.DataFrame(sorted(steps, key=lambda step: -step["points"]))


def draw_reasons(steps: pd.DataFrame) -> alt.Chart:
    return (
        alt.Chart(steps)
        .mark_bar()
        .encode(
            alt.X("points", title="percentage points"),
            alt.Y("reason", title=None, sort=steps["reason"].tolist()).axis(labelLimit=260),
            alt.Color("verb", scale=alt.Scale(domain=["raises", "lowers"], range=[UP, DOWN]), legend=None),
            tooltip=[alt.Tooltip("reason"), alt.Tooltip("points", format="+.0f")],
        )
    )


def draw_classes(chances: list[float], chosen: int) -> alt.LayerChart:
    table = pd.DataFrame(
        {"class": list(CLASSES.values()), "chance": chances, "chosen": [one == chosen for one in CLASSES]}
    )
    bars = alt.Chart(table).encode(
        alt.X("chance", title="chance of survival", scale=alt.Scale(domain=[0, 1])).axis(format="%"),
        alt.Y("class", title=None, sort=list(CLASSES.values())),
    )
    opacity = alt.condition("datum.chosen", alt.value(1), alt.value(0.45))
    numbers = bars.mark_text(align="left", dx=4, color=NUMBERS).encode(text=alt.Text("chance", format=".0%"))
    return bars.mark_bar(color=UP).encode(opacity=opacity) + numbers


def knows_age(person: dict[str, Any]) -> bool:
    return person["age_years"] is not None


def count(people: int) -> str:
    return str(people) if people else "no"


def chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
