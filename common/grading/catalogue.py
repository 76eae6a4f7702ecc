"""Brings the catalogues of the languages into step with the texts: common/grading/locale/ru.po.

    python -m common.grading.catalogue [FILE.po]    # adds what is new, drops what no source says

What is new is untranslated, unless FILE.po, a translator's own, has it. Texts are the literals given to
text() and counted(), and the titles of the rubrics' checks.
"""

import io
import re
import sys
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from common.atomic import replace_file
from common.grading.book.hashing import ROOT
from common.grading.book.rubrics import known_labs, read_rubrics, rubric_file
from common.grading.session.options import ONE_LINE_HELP
from common.grading.texts import CATALOGUES, LANGUAGES
from common.grading.verdict import FAILED, NOT_RUN, PARTIAL, PASSED

CALLS = {"text": None, "counted": (1, 2)}
TEMPLATES = "jinja2.ext:babel_extract"
WIDTH = 110  # columns of a catalogue
HEADER = "# The texts of the grader in {language}: python -m common.grading.catalogue keeps it in step.\n"


def extract() -> Catalog:
    """Return every text of the sources, without translations."""
    found = Catalog(charset="utf-8")
    for word in (PASSED, PARTIAL, FAILED, NOT_RUN):
        found.add(word)
    for _, what in ONE_LINE_HELP.values():
        found.add(what)
    rubrics = [rubric_file(lab) for lab in known_labs()]
    for file in [*sorted((ROOT / "common" / "grading").rglob("*.py")), *rubrics]:
        _add(found, "python", file)
    for file in sorted((ROOT / "common" / "grading").rglob("*.jinja")):
        _add(found, TEMPLATES, file)
    for one in read_rubrics(known_labs()):
        found.add(one.title, locations=[(_name(rubric_file(one.lab)), 0)])
    return found


def update(language: str, *more: Path) -> Catalog:
    """Return the catalogue of a language as it should be: of the texts there are, with what is translated."""
    known = [read(file, language) for file in (CATALOGUES / f"{language}.po", *more)]
    catalogue = Catalog(locale=language, charset="utf-8")
    for message in extract():
        if message.id:
            there = [old for one in known if (old := one.get(message.id)) and any(old.string)]
            catalogue.add(message.id, there[0].string if there else None, auto_comments=_files(message))
    return catalogue


def read(file: Path, language: str) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes() if file.exists() else b""), locale=language)


def write(catalogue: Catalog, file: Path, language: str) -> None:
    content = io.BytesIO()
    write_po(content, catalogue, width=WIDTH, no_location=True, omit_header=True, sort_output=False)
    header = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    header += f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    with replace_file(file) as temporary:
        temporary.write_text(HEADER.format(language=language) + header + content.getvalue().decode(), "utf-8")


def problems(language: str, folder: Path = CATALOGUES) -> list[str]:
    """Return what is wrong with a catalogue, one line each; nothing when it is in step and whole."""
    wanted = {message.id for message in extract() if message.id}
    there = {message.id: message for message in read(folder / f"{language}.po", language) if message.id}
    found = [f"not in the catalogue: {id}" for id in wanted if id not in there]  # noqa: A001
    found += [f"in no source: {id}" for id in there if id not in wanted]  # noqa: A001
    for message in there.values():
        forms = message.string if message.pluralizable else (message.string,)
        expected = placeholders(message.id[1] if message.pluralizable else message.id)
        for form in forms:
            if not form:
                found.append(f"not translated: {message.id}")
            elif placeholders(form) != expected:
                found.append(f"other placeholders: {message.id}: {form}")
        if message.fuzzy:
            found.append(f"fuzzy: {message.id}")
    return found


def placeholders(template: str) -> list[tuple[str, str]]:
    """Return the sorted names and formats of what is filled in."""
    try:
        return sorted(
            {(name, form or "") for _, name, form, _ in Formatter().parse(template) if name is not None}
        )
    except ValueError:
        return [("broken", template)]


def _add(catalogue: Catalog, method: str, file: Path) -> None:
    for line, message, *_ in extract_from_file(method, file, CALLS, options={"encoding": "utf-8"}):
        id = message if isinstance(message, str) else tuple(message[:2])  # noqa: A001  as gettext has it
        catalogue.add(id, locations=[(_name(file), line)])


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _files(message: object) -> list[str]:
    """Return where a text is said; without line numbers, which would change with every edit."""
    return sorted({re.sub(r"common/grading/", "", file) for file, _ in message.locations})


if __name__ == "__main__":
    for one in LANGUAGES[1:]:
        write(update(one, *map(Path, sys.argv[1:])), CATALOGUES / f"{one}.po", one)
        print(f"{one}: {sum('not translated' in line for line in problems(one))} not translated")
