"""Says what is what in a lab1-like folder: the pipeline and the four stages, whatever they are called."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from common.grading.opening.hints import PIPELINE_NAMES, STAGE_NAMES, TEXT_BYTES
from common.grading.opening.shell import mentioned
from common.grading.texts import text

STAGES = ("data_creation", "data_preprocessing", "model_preparation", "model_testing")
WORDS = {  # what students call a stage that has another name; the more telling word first
    "data_creation": ("creat", "generat", "download", "load", "get_", "fetch", "collect", "make_data"),
    "data_preprocessing": ("prep", "process", "scal", "clean", "transform", "feature"),
    "model_preparation": ("train", "fit", "learn", "model"),
    "model_testing": ("test", "eval", "score", "valid", "predict", "metric", "check"),
}
DEPTH = 4  # folders below the lab's
NOT_SOURCES = {".git", ".dvc", "node_modules", "site-packages"}
FILES = 500  # of these the shallowest; a hostile folder may hold thousands
RUNS = 200


@dataclass(frozen=True)
class Layout:
    """Paths are relative to the submission's root."""

    folder: Path  # the lab's
    pipeline: Path | None
    stages: dict[str, Path | None]
    named: frozenset[str]  # stages whose file has a name that the assignment gives
    run_from: Path  # where `bash pipeline` finds its scripts: the pipeline's folder, the lab's or the root
    crlf: bool  # the pipeline, or a script it calls, has Windows line ends
    empty: tuple[Path, ...]  # scripts of 0 bytes: they do not count as files
    notes: tuple[str, ...]
    order: tuple[Path, ...] = ()  # the Python scripts that the pipeline runs


def read_layout(root: Path, folder: Path, conveyor: Path | None = None) -> Layout:
    """Read the layout of `folder` (absolute, or relative to `root`); nothing of it is run.

    `conveyor` is a file with shell lines that is the pipeline, whatever its name and its neighbours.
    """
    folder = root / folder
    files = sorted(_scripts(folder), key=lambda file: (len(file.parts), file))
    empty = [file for file in files if not file.stat().st_size]
    files = [file for file in files if file.stat().st_size][:FILES]
    pipelines = [conveyor] if conveyor else _pipelines(files)
    pipeline = pipelines[0] if pipelines else None
    places = dict.fromkeys([pipeline.parent, folder, root] if pipeline else [folder])
    if conveyor:  # Jenkins runs it where it checks out
        places = dict.fromkeys([root, folder])
    shells: list[Path] = []
    ran = _ran(pipeline, files, list(places), shells) if pipeline else []
    stages = _stages(files, ran)
    named = {key for key, file in stages.items() if file and STAGE_NAMES.get(file.name) == key}
    crlf = any(b"\r\n" in _content(shell) for shell in shells)
    notes = []
    if len(pipelines) > 1:
        others = ", ".join(file.relative_to(root).as_posix() for file in pipelines[1:])
        notes.append(text("other pipelines, not run: {others}", others=others))
    notes += [
        text("{stage} is taken to be '{file}', which the pipeline runs", stage=key, file=file.name)
        for key, file in stages.items()
        if file and key not in named
    ]
    return Layout(
        folder=folder.relative_to(root),
        pipeline=pipeline and pipeline.relative_to(root),
        stages={key: file and file.relative_to(root) for key, file in stages.items()},
        named=frozenset(named),
        run_from=_run_from(pipeline, list(places)).relative_to(root),
        crlf=crlf,
        empty=tuple(file.relative_to(root) for file in empty),
        notes=tuple(notes),
        order=tuple(file.relative_to(root) for file in ran),
    )


def _scripts(folder: Path) -> Iterator[Path]:
    for path, folders, names in os.walk(folder):
        depth = len(Path(path).relative_to(folder).parts)
        folders[:] = [name for name in folders if name not in NOT_SOURCES and depth < DEPTH]
        for name in names:
            file = Path(path, name)
            if (name.endswith((".py", ".sh")) or name.lower() in PIPELINE_NAMES) and file.is_file():
                yield file


def _pipelines(files: list[Path]) -> list[Path]:
    """Return the scripts that may be the pipeline, best first: by name, then nearest to the lab's folder."""
    shells = [file for file in files if file.suffix != ".py"]
    named = [file for name in PIPELINE_NAMES for file in shells if file.name.lower() == name]
    others = [file for file in shells if file not in named and _runs(file)]
    return [*named, *others]


def _ran(shell: Path, files: list[Path], places: list[Path], shells: list[Path]) -> list[Path]:
    """Return the Python scripts that `shell` runs, in order, once each; add shell scripts to `shells`."""
    shells.append(shell)
    ran = []
    for here, name in _runs(shell):
        file = _found(here, name, files, places)
        if file and file.suffix == ".py":
            ran.append(file)
        elif file and file not in shells:
            ran += _ran(file, files, places, shells)
    return list(dict.fromkeys(ran))


def _runs(shell: Path) -> list[tuple[str, str]]:
    return list(dict.fromkeys(islice(mentioned(_content(shell)), RUNS)))


def _content(shell: Path) -> bytes:
    with shell.open("rb") as file:
        return file.read(TEXT_BYTES)


def _found(here: str, name: str, files: list[Path], places: list[Path]) -> Path | None:
    """Return the file that a script means by `name`: as it says, else the nearest one whose path ends so."""
    names = (name,) if Path(name).suffix in (".py", ".sh") else (f"{name}.py",)
    wanted = [place / here / n for place in places for n in names] + [p / n for p in places for n in names]
    ends = [file for n in names for file in files if file.parts[-len(Path(n).parts) :] == Path(n).parts]
    return next((file for file in [*wanted, *ends] if file in files), None)


def _stages(files: list[Path], ran: list[Path]) -> dict[str, Path | None]:
    """Return each stage's file: by its name, one that is run first; else by the order of the runs."""
    stages: dict[str, Path | None] = dict.fromkeys(STAGES)
    for file in [*ran, *files]:
        key = STAGE_NAMES.get(file.name)
        if key and not stages[key]:
            stages[key] = file
    missing = [key for key in STAGES if not stages[key]]
    unknown = [file for file in ran if file not in stages.values()]
    if len(missing) == len(unknown):
        return stages | dict(zip(missing, unknown, strict=True))
    for key in missing:
        told = [file for word in WORDS[key] for file in unknown if word in file.name.lower()]
        if told:
            stages[key] = told[0]
            unknown.remove(told[0])
    return stages


def _run_from(pipeline: Path | None, places: list[Path]) -> Path:
    """Return the folder from which most of what the pipeline runs is where it says; its own when in doubt."""
    if not pipeline:
        return places[0]
    runs = [(here, name) for here, name in _runs(pipeline) if name.endswith((".py", ".sh"))]
    return max(places, key=lambda place: sum((place / here / name).is_file() for here, name in runs))
