"""The documentation's pages in both languages, and what a reader meets in one: a tool for their tests."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from common.tests.tools import ROOT, Ended

PLACES = ("README*.md", "lab*/README*.md", "common/grading/*.md")
PAGES = sorted(path.relative_to(ROOT) for place in PLACES for path in ROOT.glob(place))
ENGLISH = [page for page in PAGES if not page.name.endswith(".ru.md")]
RUSSIAN = [page for page in PAGES if page.name.endswith(".ru.md")]
MARKDOWN = MarkdownIt("commonmark").enable("table")
TREE = (Path("README.md"), Path("README.ru.md"))  # whose block of text says what each file is
COMMENTED = ("bash", "sh", "toml", "python")
CONTRIBUTING = Path(".github/CONTRIBUTING.md")  # in English alone, as the code is
NUMBERS_THAT_VARY = (r"\d+\.\d+ s\b", r"Python 3\.\d+\.\d+")


def text_of(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose_of(page: Path) -> str:
    return re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)


def shown_runs() -> Iterator[tuple[Path, str, list[str]]]:
    """Yield page, command and the lines it shows below, for each `$ command` of a console block."""
    for page in (*ENGLISH, CONTRIBUTING):
        for block in re.findall(r"```console\n(.*?)```", text_of(page), re.DOTALL):
            command, *shown = block.splitlines()
            yield page, command.removeprefix("$ "), shown


def assert_shown(command: str, ended: Ended) -> None:
    """Assert that this run of the command printed what each page shows of it, apart from seconds."""
    printed = set(_without_varying([*ended.out.splitlines(), *ended.err.splitlines()]))
    shown = [lines for _, one, lines in shown_runs() if one == command]
    assert shown
    for lines in shown:
        assert set(_without_varying(lines)) <= printed


def _without_varying(lines: list[str]) -> list[str]:
    for pattern in NUMBERS_THAT_VARY:
        lines = [re.sub(pattern, "…", line) for line in lines]
    return [line for line in lines if not line.startswith("environment: ")]


def criteria_shown(page: Path) -> list[tuple[int, str]]:
    """Return the points and titles of the table of criteria at a lab's end, in order."""
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text_of(page), re.MULTILINE)
    return [(int(points), title) for points, title in rows]


def twin_of(page: Path) -> Path:
    """Return the same page in the other language."""
    stem = page.name.removesuffix(".md")
    return page.with_name(f"{stem.removesuffix('.ru')}.md" if stem.endswith(".ru") else f"{stem}.ru.md")


@cache
def tokens_of(page: Path) -> list[Token]:
    return MARKDOWN.parse(text_of(page))


def shape(token: Token) -> str:
    """Return what a block is, without its words: a heading of level 2, a cell, an item with its number."""
    return f"{token.type} {token.tag} {token.info}".strip()


def code(page: Path, block: Token) -> str:
    """Return a block of code without its comments, which are in the page's language."""
    if page in TREE and block.info == "text":
        return re.sub(r"(?m)^( *\S+).*", r"\1", block.content)
    if block.info in COMMENTED:
        return re.sub(r"(?m)[ \t]*(?:(?<=\s)|^)#.*$", "", block.content)
    return block.content


def inline_code(_: Path, token: Token) -> Counter[str]:
    return Counter(" ".join(child.content.split()) for child in token.children if child.type == "code_inline")


def numbers(page: Path, token: Token) -> Counter[str]:
    """Return the numbers of the prose, as a program writes them: 1000000 and 0.94 in either language."""
    words = " ".join(child.content for child in token.children if child.type == "text")
    if page in RUSSIAN:
        words = re.sub(r"(?<=\d)\N{NO-BREAK SPACE}(?=\d{3}(?!\d))", "", words)
        words = re.sub(r"(?<=\d),(?=\d)", ".", words)
    else:
        words = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", words)
    return Counter(re.findall(r"\d+(?:\.\d+)*", words))


def emphasis(_: Path, token: Token) -> Counter[str]:
    return Counter(child.type for child in token.children if child.type in ("strong_open", "em_open"))


def targets(token: Token) -> list[str]:
    return [unquote(child.attrs["href"]) for child in token.children or () if child.type == "link_open"]


def anchors(page: Path) -> list[str]:
    """Return the headings' anchors in order, made as GitHub makes them."""
    headings = [after.content for one, after in pairwise(tokens_of(page)) if one.type == "heading_open"]
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def goal(page: Path, target: str) -> tuple[Path, int | None]:
    """Return the file that a link leads to, and the number of the heading; an address as it is."""
    if "://" in target:
        return Path(target), None
    name, _, anchor = target.partition("#")
    file = Path(normpath(page.parent / name)) if name else page
    return file, anchors(file).index(anchor) if anchor else None
