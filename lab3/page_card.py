"""The tab about the model: how good it is and against what, where its data come from, how fast it answers."""

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from page_service import ServiceError, describe, latency_ms
from page_waiting import asking

EVERY_S = 3
SHOWN = 60  # of the latest answers
OWN, OTHER = "#0072b2", "#999999"


def show() -> None:
    with asking():
        show_card(describe())


def show_card(about: dict[str, Any]) -> None:
    card = about["card"]
    if card is None:
        st.info("The model has no card yet: run `bash lab3/pipeline.sh`, which tests it.")
    else:
        test = card["test"]
        st.metric("Accuracy on passengers it has not seen", f"{test['accuracy']:.1%}", border=True)
        left, right = st.columns(2, gap="large")
        gain = 100 * (test["accuracy"] - max(test["baselines"].values()))
        left.markdown(f"**It is right {gain:.0f} points more often than the best simple rule**")
        left.altair_chart(draw_baselines(test), width="stretch")
        pairs = f"{test['roc_auc']:.0%} of pairs (area under the ROC curve)"
        right.markdown(f"**A survivor gets a higher chance than one who died in {pairs}**")
        right.altair_chart(draw_roc(test), width="stretch")
    show_latency()
    st.subheader("Where it comes from")
    st.markdown(origin(about))


def origin(about: dict[str, Any]) -> str:
    lines = [f"- Version: `{about['version']}`"]
    data = (about["card"] or {}).get("data", {})
    lines += [f"- {name.capitalize().replace('_', ' ')}: {value}" for name, value in data.items()]
    lines += [f"- {name}: {version}" for name, version in about["model"].get("libraries", {}).items()]
    return "\n".join(lines)


def draw_baselines(test: dict[str, Any]) -> alt.LayerChart:
    scores = {"the model": test["accuracy"]} | test["baselines"]
    table = pd.DataFrame({"who": list(scores), "accuracy": list(scores.values())})
    bars = alt.Chart(table).encode(
        alt.X("accuracy", title=f"accuracy on {test['passengers']} passengers")
        .axis(format="%")
        .scale(domain=[0, 1]),
        alt.Y("who", title=None, sort=list(scores)).axis(labelLimit=220),
        color=alt.condition("datum.who == 'the model'", alt.value(OWN), alt.value(OTHER)),
    )
    numbers = bars.mark_text(align="left", dx=4).encode(text=alt.Text("accuracy", format=".1%"))
    return bars.mark_bar() + numbers


def draw_roc(test: dict[str, Any]) -> alt.LayerChart:
    curve = (
        alt.Chart(pd.DataFrame(test["roc"]))
        .mark_line(color=OWN)
        .encode(
            alt.X("false_positive_rate", title="share of the dead called survivors").axis(format="%"),
            alt.Y("true_positive_rate", title="share of the survivors found").axis(format="%"),
            order="true_positive_rate",
        )
    )
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1]})).mark_line(color=OTHER, strokeDash=[4, 4])
    return diagonal.encode(x="x", y="x") + curve


@st.fragment(run_every=EVERY_S)
def show_latency() -> None:
    times: list[float] = st.session_state.setdefault("latency_ms", [])
    try:
        times.append(latency_ms())
    except ServiceError as error:
        st.warning(f"{error} Trying again every {EVERY_S} s.")
        return
    del times[:-SHOWN]
    middle = sorted(times)[len(times) // 2]
    st.metric(
        "The service answers in",
        f"{times[-1]:.0f} ms",
        border=True,
        chart_data=times,
        chart_type="line",
        help=f"The median of the latest {len(times)} answers is {middle:.0f} ms.",
    )
