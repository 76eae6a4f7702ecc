"""Draws the report's charts as SVG that is part of the page and is shown even where no style is allowed.

Jenkins shows archived pages under `sandbox; default-src 'none'; img-src 'self'; style-src 'self'`: no script,
no style sheet or style attribute in the page, no picture in a data: address. SVG elements with plain
attributes are none of these. The same numbers give the same bytes.
"""

import html
import io
import re
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#767676"  # of Okabe and Ito: told apart by colour-blind people
SIZE_INCHES = (4.6, 3.6)


def draw_roc(false_share: np.ndarray, true_share: np.ndarray, auc: float) -> str:
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    axes.step(false_share, true_share, where="post", color=BLUE, linewidth=2)
    title = f"ROC: a malignant tumour is ranked above\na benign one in {auc:.1%} of pairs"
    label(axes, title, "share of benign called malignant", "share of malignant found")
    return to_svg(figure, "roc", title)


def draw_confusion(counts: np.ndarray) -> str:
    """`counts` has a row for benign and one for malignant, and in each how many were called which."""
    figure, axes = new_figure()
    # A mesh, not imshow: that would be a picture in a data: address.
    axes.pcolormesh(counts / counts.sum(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1.4)
    for truth in (0, 1):
        for answer in (0, 1):
            axes.text(
                answer + 0.5, truth + 0.5, str(counts[truth, answer]), ha="center", va="center", fontsize=18
            )
    axes.set_xticks([0.5, 1.5], ["benign", "malignant"])
    axes.set_yticks([0.5, 1.5], ["benign", "malignant"], rotation=90, va="center")
    axes.invert_yaxis()
    title = f"{counts[0, 1] + counts[1, 0]} of {counts.sum()} answers are wrong"
    label(axes, title, "the model says", "the tumour is")
    return to_svg(figure, "confusion", title)


def draw_importances(names: Sequence[str], losses: Sequence[float]) -> str:
    """`losses` say how much the log loss grows when a feature's values are shuffled."""
    figure, axes = new_figure()
    axes.barh(range(len(names)), losses, color=BLUE)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    title = f"{names[0]} matters most"
    label(axes, title, "log loss added by shuffling it", "")
    return to_svg(figure, "importances", title)


def draw_calibration(predicted: Sequence[float], seen: Sequence[float], error: float) -> str:
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    axes.plot(predicted, seen, color=ORANGE, marker="o")
    title = f"Predicted shares are {error:.1%} off in the mean"
    label(axes, title, "predicted share of malignant", "share that was seen")
    return to_svg(figure, "calibration", title)


def new_figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    return figure, figure.subplots()


def label(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)


def to_svg(figure: Figure, name: str, title: str) -> str:
    """Return an <svg> element: styles become attributes, and its ids are its own in the page."""
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    svg = drawn.getvalue()[drawn.getvalue().index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' style="([^"]*)"', lambda found: to_attributes(found[1]), svg)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    spoken = html.escape(title.replace("\n", " "), quote=True)
    common = f'<svg role="img" aria-label="{spoken}" stroke-linejoin="round" stroke-linecap="butt"'
    return svg.replace("<svg", common, 1)


def to_attributes(style: str) -> str:
    pairs = (rule.split(":", 1) for rule in style.split(";") if ":" in rule)
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in pairs)
