"""A grading in Russian, from the command line to the page: nothing of it is left in English."""
# ruff: noqa: RUF001  Russian letters are meant

import json
import re

import pytest

from common.grading.report import LABS
from common.tests.boxes import make_box
from common.tests.classes import FOUR, gradebook, hand_in, rows
from common.tests.classes import environment as plain_environment
from common.tests.rubrics import grade, write_rubric
from common.tests.tools import ROOT, run_command

TOLD = ("title", "expected", "found", "help")
RUBRIC = '''
from common.grading.texts import text

@pytest.mark.points(12)
def test_stdout(verdict):
    """Stdout is one line with the metric."""
    verdict.advice(text("a metric worse than {value}", value=0.876))
    help = text("print what the number is")
    verdict.partial(3, expected=text("no pipeline"), found=text("it {how}", how="x"), help=help)

@pytest.mark.points(8, depends=["test_stdout"])
def test_stops(verdict):
    """The pipeline stops when a stage fails."""
    verdict.fail(expected=text("none"), found=text("no pipeline"), help=text("begin pipeline.sh with set -e"))
'''
SUMMARY = """\
lab1
  В stdout одна строка с метрикой                                                  частично, 3 из 12
      ожидалось нет конвейера
      найдено   запуск x
      решение   напечатайте, что это за число
      совет     метрика хуже, чем 0,876
  Конвейер останавливается, если этап завершился с ошибкой                      не выполнено, 0 из 8
      ожидалось нет
      найдено   нет конвейера
      решение   начните pipeline.sh с set -e
lab1 всего                                                                                   3 из 20

всего 3 из 100, оценка 2 (не проверено и считается за 0: lab2, lab3, lab4, lab5)
"""


@pytest.mark.parametrize(
    ("options", "env"),
    [(["--lang", "ru"], {}), ([], {"LANG": "ru_RU.UTF-8"}), ([], {"LC_ALL": "ru_RU.UTF-8"})],
)
def test_summary_reports_and_progress_are_in_russian(tmp_path, options, env):
    write_rubric(tmp_path, "lab1", RUBRIC)
    reports = ("--report-json", "report.json", "--report-html", "report.html", "--report-md", "report.md")
    graded = grade(tmp_path, "lab1", "--submission", ".", *reports, *options, **env)
    assert graded.stdout.lstrip("\n") == SUMMARY
    progress = "[1/2] В stdout одна строка с метрикой  0,00 с  частично"
    assert re.sub(r"0,\d\d", "0,00", graded.stderr).splitlines()[0] == progress
    page = (tmp_path / "report.html").read_text("utf-8")
    assert '<html lang="ru">' in page
    for words in ("Баллы: 3 из 20", "частично, 3 из 12", "метрика хуже, чем 0,876", "<dt>ожидалось</dt>"):
        assert words in page
    assert re.search(r"Проверено за \d+,\d с\.", page)
    assert "\n- В stdout одна строка с метрикой: 3 из 12\n" in (tmp_path / "report.md").read_text("utf-8")
    assert graded.outcomes() == {"stdout": "partial", "stops": "failed"}
    assert graded.report["labs"]["lab1"]["checks"][0]["title"] == "В stdout одна строка с метрикой"


def test_english_is_asked_for_where_the_system_is_russian(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    graded = grade(tmp_path, "lab1", "--submission", ".", "--lang", "en", LANG="ru_RU.UTF-8")
    assert "total 3 of 100, mark 2" in graded.stdout
    assert "a metric worse than 0.876" in graded.stdout


def test_this_repositorys_own_tests_are_in_english(tmp_path):
    write_rubric(tmp_path, "lab1", RUBRIC)
    graded = grade(tmp_path, "lab1", LANG="ru_RU.UTF-8")
    assert "total 3 of 100, mark 2" in graded.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lang", "de"], "--lang 'de' is not spoken: give one of en, ru"),
        (["--lang"], "--lang '' is not spoken: give one of en, ru"),
        (
            ["--lang", "ru", "--time-limit", "x"],
            "--time-limit «x» — не число от 1: напишите --time-limit 300",
        ),
        (
            ["--lang", "ru", "--report-json"],
            "параметру --report-json нужно значение: --report-json FILE, "
            "записать результат в JSON (report.schema.json)",
        ),
    ],
)
def test_wrong_usage_is_one_line(tmp_path, arguments, message):
    write_rubric(tmp_path, "lab1", RUBRIC)
    graded = grade(tmp_path, "lab1", "--submission", ".", *arguments)
    assert (graded.exit_code, graded.stderr) == (2, f"{message}\n")


@pytest.fixture(scope="module")
def submissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder / "anna", *FOUR, "pipeline.sh")
    (folder / "anna" / "lab1" / "__pycache__").mkdir()
    (folder / "anna" / "lab1" / "__pycache__" / "a.pyc").write_text("")
    hand_in(folder / "boris")
    return folder


def sentences(report: dict) -> list[str]:
    """Return everything that a report says to the student."""
    checks = [check for lab in report["labs"].values() for check in lab["checks"]]
    told = [part for check in checks for part in [*(check[name] for name in TOLD), *check["advice"]]]
    return [part for part in [*told, *report["notes"]] if part]


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["anna", "boris"])
def test_no_sentence_of_a_real_grading_is_left_in_english(submissions, tmp_path, name):
    make_box()
    reports, outputs = {}, {}
    for language in ("en", "ru"):
        options = (
            "--submission",
            submissions / name,
            "--lang",
            language,
            "--report-json",
            f"{language}.json",
        )
        ended = run_command(
            "bash", ROOT / "common/test.sh", *LABS, *options, cwd=tmp_path, env=plain_environment()
        )
        assert ended.code == 1, ended.err
        reports[language] = json.loads((tmp_path / f"{language}.json").read_text("utf-8"))
        outputs[language] = ended.out.splitlines() + ended.err.splitlines()
    english, russian = (sentences(report) for report in reports.values())
    assert len(english) == len(russian) > 60
    assert not set(english) & set(russian)
    assert all(re.search("[а-я]", sentence) for sentence in russian)
    alike = {
        re.sub(r"\w+_\w+(\.py)?,?", "", line).strip() for line in set(outputs["en"]) & set(outputs["ru"])
    }
    assert alike <= {"", *LABS, str(submissions / name)}
    assert not re.search("passed|partial|failed|not run", "".join([*russian, *outputs["ru"]]))
    english, russian = (
        [(c["id"], c["outcome"]) for c in r["labs"]["lab1"]["checks"]] for r in reports.values()
    )
    assert english == russian


@pytest.fixture(scope="module")
def book(submissions, tmp_path_factory):
    out = tmp_path_factory.mktemp("book")
    return out, gradebook(submissions, out, "--lang", "ru")


def test_the_gradebook_says_in_russian_what_it_did(book):
    out, ended = book
    assert ended.out == (
        f"2 студента, проверено сейчас: 2, взято готовых: 0, с ошибкой: 0; смотрите {out}/index.html\n"
    )
    assert "проверено: 100%" in ended.err
    assert "2/2" in ended.err


def test_the_gradebooks_page_is_in_russian(book):
    page = (book[0] / "index.html").read_text("utf-8")
    seconds = rows(book[0])[0]["seconds"].replace(".", ",")
    for words in (
        '<html lang="ru">',
        "<title>Ведомость: 2 студента</title>",
        "оценка 5: 0, оценка 4: 0, оценка 3: 0, оценка 2: 2",
        ">студент</button>",
        f"<td>{seconds}</td>",
        "Что было трудно: доля набранных баллов по каждому критерию",
        "<span>Конвейер останавливается, если этап завершился с ошибкой</span>",
    ):
        assert words in page
    assert not re.search(r">\s*[A-Z][a-z]+ [a-z]+", page.partition("<body>")[2].partition("<script>")[0])


def test_the_comment_is_in_russian(book):
    (file,) = book[0].glob("anna/**/comment.md")
    comment = file.read_text("utf-8")
    assert comment.startswith("# anna\n\n**Баллы: 2 из 20, оценка 2**\n")
    assert "\n## lab1: 2 из 20\n" in comment
    assert "\n- Четыре скрипта этапов и pipeline.sh названы как в задании: 2 из 2\n" in comment
    assert "\n  - решение: запустите в чистом клоне на другой машине" in comment
    assert not re.search(r"(?m)^\s*-? ?(expected|found|why|to mend|advice)", comment)


def test_tables_for_programs_stay_as_they_are(book):
    (anna, _) = rows(book[0])
    assert (anna["lab1"], anna["total"], anna["mark"]) == ("2", "2", "2")
    assert re.fullmatch(r"\d+\.\d", anna["seconds"])
