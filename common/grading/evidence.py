"""What a lab of four stages is seen to do: run whole, stage by stage, and again with changed data.

At most six runs of the pipeline, each made when first asked for: the whole; its stages one by one; the
preprocessing on changed test data; the later stages on changed training data, and on broken test data; the
whole with a stage that fails.
"""

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from common.grading import pickles
from common.grading.conveyor import Conveyor, Ran, is_run_of
from common.grading.metrics import Metric, best_metric, find_number, own_lines
from common.grading.perturb import differ
from common.grading.sandbox import Run, Started
from common.grading.stages import STAGES
from common.grading.tables import Table, read_table
from common.grading.texts import text

CREATION, PREPROCESSING, PREPARATION, TESTING = STAGES
FAILING_SCRIPT = "import sys\n\nsys.exit(3)\n"
NETWORK_ERRORS = re.compile(
    r"URLError|gaierror|name resolution|Name or service not known|Could not resolve|unable to resolve|"
    r"Network is unreachable|Max retries exceeded|ConnectionError|Failed to establish a new connection"
)


class CannotTellError(Exception):
    """The evidence for a criterion cannot be had; the message says why."""


class Evidence:
    def __init__(self, conveyor: Conveyor) -> None:
        self.conveyor = conveyor
        self.layout = conveyor.layout
        self.mended_line_ends = False
        self._staged: dict[str, Ran | CannotTellError] = {}

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
    def failed_stages(self) -> list[Started]:
        """The scripts of the lab that the whole run started and that did not end with 0."""
        scripts = [file for file in self.layout.stages.values() if file]
        return [
            process
            for process in self.whole.run.started
            if process.exit_code != 0 and any(is_run_of(process, file) for file in scripts)
        ]

    @property
    def asks_for_network(self) -> bool:
        run = self.whole.run
        return (
            run.exit_code != 0 and not self.conveyor.box.network and bool(NETWORK_ERRORS.search(run.stderr))
        )

    @cached_property
    def _cleaned(self) -> Path:
        return self.conveyor.clean(self.conveyor.copy(self.whole.tree))

    def staged(self, stage: str) -> Ran:
        """The stage alone, after those before it, from where the whole run ended; its tree is kept."""
        if stage not in self._staged:
            try:
                self._staged[stage] = self._stage_alone(stage)
            except CannotTellError as reason:  # kept too: a stage that never ends is waited for once
                self._staged[stage] = reason
        ran = self._staged[stage]
        if isinstance(ran, CannotTellError):
            raise ran
        return ran

    def _stage_alone(self, stage: str) -> Ran:
        index = STAGES.index(stage)
        before = self.staged(STAGES[index - 1]).tree if index else self._cleaned
        return self._run_stage(stage, self.conveyor.copy(before), text("run alone"))

    def _run_stage(self, stage: str, tree: Path, when: str) -> Ran:
        file = self.layout.stages[stage]
        if not file:
            raise CannotTellError(text("no script for {stage} was found", stage=stage))
        ran = self.conveyor.run_stage(stage, tree)
        goes_on_all_the_same = self.whole.run.exit_code == 0 and any(
            is_run_of(process, file) for process in self.failed_stages
        )
        if ran.run.exit_code and not goes_on_all_the_same:
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

    def need_base(self, stage: str) -> None:
        if self.base != stage:
            raise CannotTellError(text("{stage} makes no separate tables of train and test", stage=stage))

    def rows(self, files: list[Path]) -> frozenset:
        """Return the different rows of the files; of what is no table, the different files."""
        rows: set = set()
        for path in files:
            table = self._read(path, self.whole.tree)
            rows |= {row.tobytes() for row in table.numbers} if table else {path.read_bytes()}
        return frozenset(rows)

    def rerun(self, part: str, change: Callable[[list[Table]], bool], until: str) -> Ran:
        """Run the stages after `base` on changed data, up to `until`, and return how that one ran."""
        base = self.staged(self.base)
        tree = self.conveyor.copy(base.tree)
        if not change(self.tables(base, part, tree)):
            raise CannotTellError(text("the tables of {part} have nothing that can be changed", part=part))
        for stage in STAGES[STAGES.index(self.base) + 1 : STAGES.index(until) + 1]:
            ran = self._run_stage(stage, tree, text("with changed data of {part}", part=part))
        return ran

    def tables(self, ran: Ran, part: str, tree: Path | None = None) -> list[Table]:
        """Return the tables that `ran` made of a part, as they are in its tree or in a copy of it."""
        tables = [self._read(path, tree or ran.tree) for path in ran.files(part, tree)]
        return [table for table in tables if table]

    def _read(self, path: Path, tree: Path) -> Table | None:
        if path.suffix.lower() in pickles.SUFFIXES:
            return pickles.read_pickle(path, tree, self.conveyor.box)
        return read_table(path)

    def repeats_itself(self, stage: str, part: str) -> bool:
        """Whether a stage makes the same tables again from the same files."""
        before = STAGES[STAGES.index(stage) - 1]
        again = self.conveyor.run_stage(stage, self.conveyor.copy(self.staged(before).tree))
        return not differ(self.tables(again, part), self.tables(self.staged(stage), part))

    @cached_property
    def with_a_failing_stage(self) -> Ran:
        """The whole pipeline where everything was made before, with training replaced by what exits 3."""
        file = self.layout.stages[PREPARATION] or self.layout.stages[PREPROCESSING]
        if not file:
            raise CannotTellError(text("no stage was found that could be made to fail"))
        tree = self.conveyor.copy(self.whole.tree)
        (tree / file).write_text(FAILING_SCRIPT)
        return self.conveyor.run_pipeline(tree)


def metric_of(ran: Ran) -> Metric | None:
    """Return the metric that a run printed: named or not, on stderr where stdout has none."""
    for lines in (own_lines(ran.run.stdout), own_lines(ran.run.stderr)):
        if metric := best_metric(lines) or find_number(lines):
            return metric
    return None


def model_bytes(ran: Ran) -> dict[Path, bytes]:
    return {path: (ran.tree / path).read_bytes() for path in ran.models}


def how_it_ended(run: Run) -> str:
    if run.stopped:
        return text(
            "was stopped after {seconds:.0f} s: it reached the limit of {limit}",
            seconds=run.seconds,
            limit=run.stopped,
        )
    last_line = ([line for line in run.stderr.splitlines() if line.strip()] or [""])[-1]
    return text("ended with exit code {code}: {line}", code=run.exit_code, line=last_line)
