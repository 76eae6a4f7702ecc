"""Makes the models and data that a submission did not hand in, by its own scripts."""

import re
from dataclasses import dataclass
from pathlib import Path

from common.grading.conveyor import NOT_MADE
from common.grading.opening.hints import PIPELINE_NAMES
from common.grading.sandbox import Box
from common.grading.service.finding import walk
from common.grading.submission import scratch_copy

TRAINS = re.compile(
    r"train|fit|learn|model_prep|(?:create|make|build|save|generate|prepare|get).*model|pipeline", re.I
)
MAKES_DATA = re.compile(r"data|preproc|dataset|download", re.I)
NOT_MAKERS = re.compile(r"test|predict|app|main|server|service|api|streamlit|client|check", re.I)
MOST_SCRIPTS = 6


@dataclass(frozen=True)
class Made:
    root: Path  # a copy of the submission, with what was made
    by: str  # the scripts


def makers(lab: Path) -> list[Path]:
    """Return the scripts that may make the model, in the order in which they should run."""
    files = list(walk(lab))
    pipelines = [
        file for name in PIPELINE_NAMES for file in files if file.name.lower() == name and file.stat().st_size
    ]
    if pipelines:
        return pipelines[:1]
    scripts = [file for file in files if file.suffix == ".py" and file.stat().st_size]
    trains = [file for file in scripts if TRAINS.search(file.stem) and not NOT_MAKERS.search(file.stem)]
    if not trains:
        return []
    data = [file for file in scripts if MAKES_DATA.search(file.stem) and file not in trains]
    data = [file for file in data if not NOT_MAKERS.search(file.stem)]
    return [*data, *trains][:MOST_SCRIPTS]


def make(box: Box, root: Path, lab: Path, scratch: Path) -> Made | None:
    """Run the lab's makers in a copy; None when there are none, or nothing new came of it."""
    scripts = makers(lab)
    if not scripts:
        return None
    copy = scratch_copy(root, scratch)
    before = _files(copy)
    ran = []
    for script in scripts:
        program = "python" if script.suffix == ".py" else "bash"
        for folder in dict.fromkeys((lab, script.parent)):
            run = box.run(
                [program, str(script.relative_to(folder))], copy, folder=folder.relative_to(root).as_posix()
            )
            if run.exit_code == 0:
                ran.append(script.name)
                break
    return Made(copy, ", ".join(ran)) if _files(copy) - before else None


def _files(tree: Path) -> set[Path]:
    return {path.relative_to(tree) for path in tree.rglob("*") if not set(path.parts) & set(NOT_MADE)}
