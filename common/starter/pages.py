"""The pages of the empty workbook: its front door, and one a lab with the task and the criteria."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from common.grading.book.rubrics import read_rubrics
from common.grading.report import LABS
from common.grading.texts import speak, text
from common.starter.task import READMES, Task, read_task

TEMPLATES = Path(__file__).with_name("pages")


@dataclass(frozen=True)
class Page:
    language: str
    files: Mapping[str, str]  # what is handed out

    @property
    def name(self) -> str:
        return READMES[self.language]


def lab_page(page: Page, task: Task) -> str:
    speak(page.language)
    criteria = [(one.possible, text(one.title)) for one in read_rubrics([task.lab])]
    speak("en")
    files = {
        name.partition("/")[2]: _purpose(content)
        for name, content in sorted(page.files.items())
        if name.startswith(f"{task.lab}/") and not name.endswith(tuple(READMES.values()))
    }
    return _fill("lab", page, task=task, criteria=criteria, files=files)


def front_page(page: Page) -> str:
    return _fill("front", page, tasks=[read_task(lab, page.language) for lab in LABS])


def _purpose(content: str) -> str:
    """Return what a file says of itself first: in its docstring, a comment or a heading."""
    if content.startswith("{"):  # a notebook
        content = json.loads(content)["cells"][0]["source"]
    said = next(line for line in content.splitlines() if line.startswith(('"""', "# ", "// ")))
    return said.lstrip('"#/ ')


def _fill(template: str, page: Page, **values: object) -> str:
    environment = jinja2.Environment(  # noqa: S701  Markdown, and nothing in it is a submission's
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    source = (TEMPLATES / f"{template}.{page.language}.md.jinja").read_text("utf-8")
    return environment.from_string(source).render(page=page, **values).rstrip() + "\n"
