"""The report's chart as SVG text: accuracy by version, one line a model; the same bytes every time."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

# Okabe and Ito's blue and orange, which colour-blind people can tell apart; markers differ too.
STYLES = ({"color": "#0072B2", "marker": "o"}, {"color": "#D55E00", "marker": "s"})
STABLE = {"svg.hashsalt": "lab4", "svg.fonttype": "none", "font.family": "sans-serif"}


def draw_chart(tags: Sequence[str], accuracies: Mapping[str, Sequence[float]]) -> str:
    """Return the SVG; `accuracies` has a model's accuracy in cross-validation, one a tag."""
    with mpl.rc_context(STABLE):
        figure = Figure(figsize=(8, 4), layout="constrained")
        axes = figure.subplots()
        for style, (model, values) in zip(STYLES, accuracies.items(), strict=True):
            axes.plot(tags, values, label=model, linewidth=2, **style)
            for tag, value in zip(tags, values, strict=True):
                axes.annotate(f"{value:.3f}", (tag, value), (0, 8), textcoords="offset points", ha="center")
        gains = {model: 100 * (values[-1] - values[0]) for model, values in accuracies.items()}
        axes.set_title(
            "From the first version to the last: "
            + ", ".join(f"{model} {gain:+.1f} points" for model, gain in gains.items())
        )
        axes.set_ylabel("accuracy, cross-validation on train")
        axes.set_xlabel("version of the dataset")
        axes.margins(y=0.15)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right", frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
