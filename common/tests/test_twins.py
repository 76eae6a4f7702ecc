"""Each page says the same in English and in Russian: same shape, code, numbers, files and links.

Blocks of code and inline commands are equal, so test_readme.py runs those of the English page alone.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it.token import Token

from common.grading.book.rubrics import known_labs, read_rubrics
from common.grading.catalogue import CATALOGUES, read
from common.tests import pages
from common.tests.pages import ENGLISH, PAGES, RUSSIAN, criteria_shown, goal, targets, tokens_of, twin_of
from common.tests.tools import ROOT


def differences(page: Path, kind: str, found: Callable[[Path, Token], object]) -> str:
    """Return where the two languages differ in what `found` returns for each block of this kind."""
    twin, lines = twin_of(page), []
    for one, other in zip(tokens_of(page), tokens_of(twin), strict=False):  # else another test fails
        if one.type == other.type == kind and found(page, one) != found(twin, other):
            lines.append(f"{page}:{one.map[0] + 1} {found(page, one)}")
            lines.append(f"{twin}:{other.map[0] + 1} {found(twin, other)}")
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_names_its_twin_below_its_title(page):
    assert (ROOT / twin_of(page)).is_file()
    words = "По-русски" if page in ENGLISH else "In English"
    assert pages.text_of(page).splitlines()[1:4] == ["", f"[{words}]({twin_of(page).name})", ""]


@pytest.mark.parametrize("page", ENGLISH, ids=str)
def test_both_languages_have_the_same_blocks(page):
    """Headings and their levels, paragraphs, items, tables and their columns, blocks of code."""
    mine, theirs = tokens_of(page), tokens_of(twin_of(page))
    for one, other in zip(mine, theirs, strict=False):
        places = f"{page}:{(one.map or '?')[0]} and {twin_of(page)}:{(other.map or '?')[0]}"
        assert pages.shape(one) == pages.shape(other), places
    assert len(mine) == len(theirs)


@pytest.mark.parametrize("page", ENGLISH, ids=str)
def test_both_languages_have_the_same_code(page):
    assert differences(page, "fence", pages.code) == ""


@pytest.mark.parametrize("found", [pages.inline_code, pages.numbers, pages.emphasis])
@pytest.mark.parametrize("page", ENGLISH, ids=str)
def test_both_languages_name_the_same_commands_files_and_numbers(page, found):
    assert differences(page, "inline", found) == ""


@pytest.mark.parametrize("page", ENGLISH, ids=str)
def test_both_languages_link_to_the_same_places(page):
    assert differences(page, "inline", goals) == ""


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_links_to_pages_of_its_own_language(page):
    others = RUSSIAN if page in ENGLISH else ENGLISH
    found = [goal(page, target)[0] for token in tokens_of(page) for target in targets(token)]
    assert [file for file in found if file in others] == [twin_of(page)]  # below the title


def goals(page: Path, token: Token) -> Counter[tuple]:
    """Return where the links of a block lead, with pages by their English names."""
    found = [goal(page, target) for target in targets(token)]
    return Counter((twin_of(file) if file in RUSSIAN else file, heading) for file, heading in found)


@pytest.mark.parametrize("lab", known_labs())
def test_the_criteria_in_russian_are_those_that_the_grader_says(lab):
    catalogue = read(CATALOGUES / "ru.po", "ru")
    expected = [(one.possible, catalogue.get(one.title).string) for one in read_rubrics([lab])]
    assert criteria_shown(Path(lab, "README.ru.md")) == expected
