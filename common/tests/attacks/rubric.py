"""What an attack on the rubric is: files put over those of the honest submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from common.tests.attacks.honest import HONEST

MARK = "/tmp/reached-the-grader"  # noqa: S108  # made by what reaches the grader: never there afterwards


@dataclass(frozen=True)
class RubricAttack:
    """A small submission that tries one thing, and must get no more than its work honestly deserves."""

    files: Mapping[str, str | bytes] = field(default_factory=dict)
    without: tuple[str, ...] = ()  # files of the honest submission that it lacks
    points: int = 2  # that it deserves: stubs have the scripts' names, and no more
    runs_out_of_time: bool = False  # to be run with a short --time-limit
    memory_mb: int | None = None  # to be run with this --memory-limit

    def submission(self) -> dict[str, bytes]:
        """Return the whole submission: path -> content."""
        files = {path: content for path, content in HONEST.items() if path not in self.without} | dict(
            self.files
        )
        return {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
