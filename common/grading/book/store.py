"""The gradebook's folder: what is kept of each attempt, whole or not at all, by one process at a time.

gradebook/anna/first/result.json    the key of what was graded, error, seconds, points, how to repeat a check
gradebook/anna/first/report.html    and report.json, runs/, grading.log
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.atomic import replace_folder
from common.grading.book.entries import Attempt
from common.grading.book.task import Graded
from common.grading.texts import text
from common.stage import LabError

RESULT = "result.json"
WHOLE = {"key", "error", "seconds", "labs", "sketch"}


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keep the folder for this process alone; LabError where it cannot be made, or is in use."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LabError(
                    text(
                        "'{path}' is in use by another gradebook: wait for it, or give another --out",
                        path=self.folder,
                    )
                ) from None
            yield

    def read(self, attempt: Attempt) -> dict | None:
        """Return the kept result of an attempt, whatever it was graded with, or None."""
        try:
            kept = json.loads((self.folder / attempt.folder / RESULT).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) and kept.keys() >= WHOLE else None

    def of_row(self, row: dict) -> dict:
        """Return the kept result that a row stands for: rows are many, and stay small."""
        return json.loads((self.folder / row["folder"] / RESULT).read_text("utf-8"))

    def keep(self, attempt: Attempt, graded: Graded) -> dict:
        """Write everything of one attempt and return its result."""
        result = {
            "student": attempt.student,
            "attempt": attempt.label,
            "key": graded.key,
            "error": graded.error,
            "seconds": graded.seconds,
            "labs": graded.report["labs"] if graded.report else {},
            "repeat": repeat_commands(attempt, graded.report),
            "sketch": graded.sketch,
        }
        with writing(self.folder), replace_folder(self.folder / attempt.folder) as folder:
            for name, content in graded.files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(content, encoding="utf-8")
            (folder / RESULT).write_text(
                json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
        return result


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a full disk, or a folder that cannot be written, into a LabError."""
    try:
        yield
    except OSError as error:
        raise LabError(
            text(
                "'{folder}' cannot be written ({why}): mend that and type the same again, nothing is lost",
                folder=folder,
                why=error.strerror or error,
            )
        ) from None


def repeat_commands(attempt: Attempt, report: dict | None) -> dict[str, str]:
    """Return, for each check, the command that runs it again."""
    labs = report["labs"] if report else {}
    return {
        f"{lab}.{check['id']}": f"bash common/test.sh {lab}/test_{lab}.py::test_{check['id']} "
        f"--submission {attempt.path.name!r}"
        for lab, found in labs.items()
        for check in found["checks"]
    }
