"""The catalogues of the languages: whole, in step with the sources, with the same placeholders."""
# ruff: noqa: RUF001  Russian letters are meant

import ast
import re

import pytest

from common.grading.catalogue import CATALOGUES, problems, read, update, write
from common.grading.texts import LANGUAGES, counted, language_of, number, speak, text
from common.tests.tools import ROOT

LINES = ("{count} line, '{line}'", "{count} lines, one of them '{line}'")
PIPELINE = 'msgid "no pipeline"\nmsgstr "нет конвейера"'
STUDENTS = ("{count} student", "{count} students")


@pytest.fixture
def russian():
    speak("ru")
    yield
    speak(LANGUAGES[0])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The catalogue as the tool writes it."""
    file = tmp_path_factory.mktemp("locale") / "ru.po"
    write(update("ru"), file, "ru")
    return file


@pytest.fixture(scope="module")
def known():
    """What is wrong with the catalogue just now."""
    return problems("ru")


def test_russian_is_whole_and_in_step(known):
    assert known == []


def test_the_tool_has_nothing_to_change(written):
    assert written.read_text("utf-8") == (CATALOGUES / "ru.po").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            'msgid "no pipeline"',
            'msgid "no more"',
            ["not in the catalogue: no pipeline", "in no source: no more"],
        ),
        (
            '"no pipeline"\nmsgstr "нет конвейера"',
            '"no pipeline"\nmsgstr ""',
            ["not translated: no pipeline"],
        ),
        ('msgstr[2] "{count} студентов"', 'msgstr[2] ""', [f"not translated: {STUDENTS}"]),
        (
            'msgstr[1] "{count} студента"',
            'msgstr[1] "два студента"',
            [f"other placeholders: {STUDENTS}: два студента"],
        ),
        ('"не хватает: {files}"', '"не хватает"', ["other placeholders: missing: {files}: не хватает"]),
        (
            '"не хватает: {files}"',
            '"не хватает: {file"',
            ["other placeholders: missing: {files}: не хватает: {file"],
        ),
        (
            '"Проверено за {seconds:.1f} с."',
            '"Проверено за {seconds} с."',
            ["other placeholders: Graded in {seconds:.1f} s.: Проверено за {seconds} с."],
        ),
        ('msgid "no pipeline"', '#, fuzzy\nmsgid "no pipeline"', ["fuzzy: no pipeline"]),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_told(written, known, tmp_path, old, new, found):
    content = written.read_text("utf-8")
    (tmp_path / "ru.po").write_text(content.replace(old, new), "utf-8")
    assert [line for line in problems("ru", tmp_path) if line not in known] == found


def test_a_language_begins_with_everything_untranslated(tmp_path):
    found = problems("ru", tmp_path)
    assert len(found) > 250
    assert "not in the catalogue: no pipeline" in found
    assert all(line.startswith("not in the catalogue: ") for line in found)


def test_a_translators_own_file_fills_what_is_new(tmp_path, monkeypatch):
    content = (CATALOGUES / "ru.po").read_text("utf-8")
    content = content.replace("«{path}» — не JSON", "").replace(PIPELINE, 'msgid "no pipeline"\nmsgstr ""')
    (tmp_path / "ru.po").write_text(content, "utf-8")
    (tmp_path / "more.po").write_text('msgid "no pipeline"\nmsgstr "конвейера нет"\n', "utf-8")
    monkeypatch.setattr("common.grading.catalogue.CATALOGUES", tmp_path)
    write(update("ru", tmp_path / "more.po"), tmp_path / "ru.po", "ru")
    assert problems("ru", tmp_path) == ["not translated: '{path}' is not JSON"]
    assert read(tmp_path / "ru.po", "ru").get("no pipeline").string == "конвейера нет"


def test_every_text_is_in_russian_and_no_word_mixes_the_alphabets():
    for message in read(CATALOGUES / "ru.po", "ru"):
        for form in message.string if message.pluralizable else [message.string] if message.id else []:
            words = re.sub(r"\{[^}]*\}", " ", form)
            assert re.search("[а-яё]", words, re.IGNORECASE) or not re.search(
                "[a-z]{2}", words, re.IGNORECASE
            ), form
            assert not re.search("[а-яё][a-z]|[a-z][а-яё]", words, re.IGNORECASE), form


@pytest.mark.parametrize("rubric", sorted(ROOT.glob("lab*/test_lab*.py")), ids=lambda path: path.stem)
def test_a_rubric_says_nothing_that_is_not_a_text(rubric):
    calls = [node for node in ast.walk(ast.parse(rubric.read_text("utf-8"))) if isinstance(node, ast.Call)]
    told = [call for call in calls if ast.unparse(call.func).startswith("verdict.")]
    assert len(told) > 5
    said = [said for call in told for said in [*call.args, *(keyword.value for keyword in call.keywords)]]
    bare = (
        said
        for said in said
        if isinstance(said, ast.JoinedStr) or isinstance(getattr(said, "value", None), str)
    )
    assert [ast.unparse(said) for said in bare] == []


@pytest.mark.parametrize(
    ("count", "students", "lines"),
    [
        (0, "0 студентов", "0 строк, среди них «a»"),
        (1, "1 студент", "1 строка, среди них «a»"),
        (2, "2 студента", "2 строки, среди них «a»"),
        (5, "5 студентов", "5 строк, среди них «a»"),
        (11, "11 студентов", "11 строк, среди них «a»"),
        (21, "21 студент", "21 строка, среди них «a»"),
        (112, "112 студентов", "112 строк, среди них «a»"),
    ],
)
@pytest.mark.usefixtures("russian")
def test_plural_forms_are_those_of_russian(count, students, lines):
    assert counted(*STUDENTS, count) == students
    assert counted(*LINES, count, line="a") == lines


@pytest.mark.usefixtures("russian")
def test_numbers_have_the_decimal_sign_of_the_language():
    assert text("Graded in {seconds:.1f} s.", seconds=12.34) == "Проверено за 12,3 с."
    assert text("a metric worse than {value}", value=0.876) == "метрика хуже, чем 0,876"
    assert (
        text("no number on stdout: '{line}'", line="Accuracy: 0.876")
        == "в stdout нет числа: «Accuracy: 0.876»"
    )
    assert [number(12.5), number(3)] == ["12,5", "3"]


def test_english_keeps_its_own():
    assert text("Graded in {seconds:.1f} s.", seconds=12.34) == "Graded in 12.3 s."
    assert [number(12.5), number(3)] == ["12.5", "3"]
    assert [counted(*STUDENTS, count) for count in (0, 1, 2)] == ["0 students", "1 student", "2 students"]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": ""}, "ru"),
    ],
)
def test_the_environment_asks_for_a_language(environment, language):
    assert language_of(environment) == language
