"""The task of a lab: the first section of its README, and the numbered steps in it."""

import re
from dataclasses import dataclass
from pathlib import Path

from common.stage import LabError

ROOT = Path(__file__).resolve().parents[2]
READMES = {"en": "README.md", "ru": "README.ru.md"}


@dataclass(frozen=True)
class Task:
    lab: str
    title: str
    section: str  # Markdown, with its heading
    steps: dict[int, str]  # each on one line


def read_task(lab: str, language: str) -> Task:
    readme = ROOT / lab / READMES[language]
    if not readme.is_file():
        raise LabError(f"'{lab}/{readme.name}' is not there: leave --lang {language} out")
    text = readme.read_text("utf-8")
    title = re.match(r"# (.+)\n", text)[1]
    section = re.search(r"^## .*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0].strip()
    numbered = re.findall(r"^(\d+)\. (.+(?:\n   .+)*)", section, re.MULTILINE)
    return Task(lab, title, section, {int(number): " ".join(step.split()) for number, step in numbered})
