"""The runs of a lab of four stages: whole, stage by stage, and again with changed data.

At most six runs of the pipeline, each made when first asked for: the whole; its stages one by one; the
preprocessing on changed test data; the later stages on changed training data, and on broken test data; the
whole with a stage that fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from common.grading.conveyor import CannotTellError, Conveyor, Ran, is_run_of
from common.grading.material import read_tables, write_tables
from common.grading.metrics import find_metrics, own_lines
from common.grading.perturb import break_relations
from common.grading.sandbox import Run, Started
from common.grading.stages import STAGES
from common.grading.tables import Table
from common.grading.texts import text

CREATION, PREPROCESSING, PREPARATION, TESTING = STAGES
FAILING_SCRIPT = "import sys\n\nsys.exit(3)\n"


class Runs:
    def __init__(self, conveyor: Conveyor) -> None:
        self.conveyor = conveyor
        self.layout = conveyor.layout
        self.mended_line_ends = False
        self._made: dict[str, Ran | CannotTellError] = {}
        self._tables: dict[tuple, list[Table]] = {}

    @cached_property
    def whole(self) -> Ran:
        """The pipeline in a fresh copy; with Windows line ends mended when it only runs so."""
        ran = self.conveyor.run_pipeline(self.conveyor.fresh())
        if ran.run.exit_code and self.layout.crlf:
            self._mend_line_ends()
            again = self.conveyor.run_pipeline(self.conveyor.fresh())
            self.mended_line_ends = again.run.exit_code == 0
            return again
        return ran

    def _mend_line_ends(self) -> None:
        self.conveyor.root = self.conveyor.copy(self.conveyor.root)
        for path in (self.conveyor.root / self.layout.folder).rglob("*.*"):
            if path.suffix in (".sh", ".py") and path.is_file() and not path.is_symlink():
                path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))

    @property
    def started_stages(self) -> list[Started]:
        """The stages of the lab that the whole run started, in order."""
        scripts = [file for file in self.layout.stages.values() if file]
        started = self.whole.run.started
        return [process for process in started if any(is_run_of(process, file) for file in scripts)]

    @property
    def failed_stages(self) -> list[Started]:
        return [process for process in self.started_stages if process.exit_code != 0]

    @cached_property
    def _cleaned(self) -> Path:
        return self.conveyor.clean(self.conveyor.copy(self.whole.tree))

    def staged(self, stage: str) -> Ran:
        """The stage alone, after those before it, from where the whole run ended; its tree is kept."""
        return self._once(stage, lambda: self._stage_alone(stage))

    def _stage_alone(self, stage: str) -> Ran:
        index = STAGES.index(stage)
        before = self.staged(STAGES[index - 1]).tree if index else self._cleaned
        return self._run_stage(stage, self.conveyor.copy(before), text("run alone"))

    def _once(self, name: str, make: Callable[[], Ran]) -> Ran:
        """Return what `make` makes; a failure is kept too: a stage that never ends is waited for once."""
        if name not in self._made:
            try:
                self._made[name] = make()
            except CannotTellError as reason:
                self._made[name] = reason
        made = self._made[name]
        if isinstance(made, CannotTellError):
            raise made
        return made

    def _run_stage(self, stage: str, tree: Path, when: str) -> Ran:
        file = self.layout.stages[stage]
        if not file:
            raise CannotTellError(text("no script for {stage} was found", stage=stage))
        ran = self.conveyor.run_stage(stage, tree)
        goes_on_all_the_same = self.whole.run.exit_code == 0 and any(
            is_run_of(process, file) for process in self.failed_stages
        )
        is_gate = stage == TESTING and find_metrics(own_lines(ran.run.stdout))  # it says what is not enough
        if ran.run.exit_code and not goes_on_all_the_same and not is_gate:
            how = how_it_ended(ran.run)
            raise CannotTellError(text("{when}, {stage} {how}", when=when, stage=stage, how=how))
        return ran

    @cached_property
    def base(self) -> str:
        """The first stage after which there are tables of train and of test."""
        for stage in (CREATION, PREPROCESSING):
            if all(self.tables(self.staged(stage), part) for part in ("train", "test")):
                return stage
        raise CannotTellError(text("no stage makes tables of train and test that can be read here"))

    def rerun(self, part: str, change: Callable[[Sequence[Table]], list[np.ndarray]], until: str) -> Ran:
        """Run the stages after `base` on changed data, up to `until`, and return how that one ran."""
        base = self.staged(self.base)
        tree = self.conveyor.copy(base.tree)
        tables = [
            replace(table, path=tree / table.path.relative_to(base.tree)) for table in self.tables(base, part)
        ]
        if not write_tables(list(zip(tables, change(tables), strict=True)), self.conveyor.box):
            raise CannotTellError(text("the tables of {part} have nothing that can be changed", part=part))
        for stage in STAGES[STAGES.index(self.base) + 1 : STAGES.index(until) + 1]:
            ran = self._run_stage(stage, tree, text("with changed data of {part}", part=part))
        return ran

    @property
    def trained_on_broken(self) -> Ran:
        return self._once(
            "trained on broken", lambda: self.rerun("train", break_relations, until=PREPARATION)
        )

    @property
    def with_broken_train(self) -> Ran:
        return self._once("broken train", self._test_what_was_trained_on_broken)

    def _test_what_was_trained_on_broken(self) -> Ran:
        tree = self.conveyor.copy(self.trained_on_broken.tree)
        return self._run_stage(TESTING, tree, text("with changed data of {part}", part="train"))

    @property
    def with_broken_test(self) -> Ran:
        return self._once("broken test", lambda: self.rerun("test", break_relations, until=TESTING))

    def tables(self, ran: Ran, part: str) -> list[Table]:
        """Return the tables that `ran` made of a part."""
        if (ran.tree, ran.made, part) not in self._tables:
            tables = read_tables(ran.files(part), self.conveyor.box)
            self._tables[ran.tree, ran.made, part] = tables
        return self._tables[ran.tree, ran.made, part]

    @cached_property
    def with_a_failing_stage(self) -> Ran:
        """The whole pipeline where everything was made before, with training replaced by what exits 3."""
        file = self.layout.stages[PREPARATION] or self.layout.stages[PREPROCESSING]
        if not file:
            raise CannotTellError(text("no stage was found that could be made to fail"))
        tree = self.conveyor.copy(self.whole.tree)
        if not (tree / file).is_file() or (tree / file).is_symlink():
            raise CannotTellError(text("the run took away its own '{file}'", file=file.name))
        (tree / file).write_text(FAILING_SCRIPT)
        ran = self.conveyor.run_pipeline(tree)
        if any(is_run_of(process, file) for process in self.whole.run.started) and not any(
            is_run_of(process, file) for process in ran.run.started
        ):
            raise CannotTellError(
                text("run again where it ran before, it does not come to '{file}'", file=file.name)
            )
        return ran


def how_it_ended(run: Run) -> str:
    if run.stopped:
        return text(
            "was stopped after {seconds:.0f} s: it reached the limit of {limit}",
            seconds=run.seconds,
            limit=_name_of(run.stopped),
        )
    last_line = ([line for line in run.stderr.splitlines() if line.strip()] or [""])[-1]
    return text("ended with exit code {code}: {line}", code=run.exit_code, line=last_line)


def _name_of(limit: str) -> str:
    names = {
        "time": text("time"),
        "cpu": text("cpu"),
        "memory": text("memory"),
        "processes": text("processes"),
        "disk": text("disk"),
        "files": text("files"),
        "output": text("output"),
    }
    return names[limit]
