"""A result as Markdown: a comment to send to a student, or the summary of a job on a build server."""

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from common.grading.texts import LONG, shown, text

if TYPE_CHECKING:
    import jinja2

TEMPLATE = Path(__file__).with_name("report.md.jinja")


def as_markdown(heading: str, total: str, labs: dict, *, warning: str = "", notes: Sequence[str] = ()) -> str:
    """Return the page; `labs` are those of a report (report.schema.json)."""
    page = _template().render(
        heading=heading, total=total, labs=labs, warning=warning, notes=notes, text=text
    )
    return page.rstrip() + "\n"


@functools.cache  # to compile it for each of a class of a thousand takes 40 s
def _template() -> "jinja2.Template":
    import jinja2  # here, because every run of pytest imports this module and few write a page

    environment = jinja2.Environment(  # noqa: S701  Markdown: `plain` escapes it
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["plain"] = plain
    return environment.from_string(TEMPLATE.read_text("utf-8"))


def plain(value: str) -> str:
    """Return text that Markdown shows as it stands: a submission may have written it."""
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", shown(value, LONG))
