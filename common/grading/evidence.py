"""What a lab of four stages is seen to do: run whole, stage by stage, and again with changed data.

At most six runs of the pipeline, each made when first asked for: the whole; its stages one by one; the
preprocessing on changed test data; the later stages on changed training data, and on broken test data; the
whole with a stage that fails.
"""

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from common.grading.conveyor import Conveyor, Ran, is_run_of
from common.grading.metrics import Metric, best_metric, own_lines
from common.grading.perturb import differ, read_tables
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
    def staged(self) -> dict[str, Ran]:
        """The stages one by one, after the whole run; each result keeps its own copy of the tree."""
        results: dict[str, Ran] = {}
        tree = self.conveyor.copy(self.whole.tree)
        for stage in STAGES:
            if not self.layout.stages[stage]:
                raise CannotTellError(text("no script for {stage} was found", stage=stage))
            ran = self.conveyor.run_stage(stage, tree)
            if ran.run.exit_code:
                raise CannotTellError(
                    text("run alone, {stage} {how}", stage=stage, how=how_it_ended(ran.run))
                )
            results[stage] = Ran(ran.run, self.conveyor.copy(tree), ran.lab, ran.made)
        return results

    @cached_property
    def base(self) -> str:
        """The first stage after which there are tables of train and of test."""
        for stage in (CREATION, PREPROCESSING):
            made = self.staged[stage]
            if all(read_tables(made.files(part)) for part in ("train", "test")):
                return stage
        raise CannotTellError(
            text("neither stage makes tables of train and test that can be read (csv, npy, parquet)")
        )

    def need_base(self, stage: str) -> None:
        if self.base != stage:
            raise CannotTellError(text("{stage} makes no separate tables of train and test", stage=stage))

    def rows(self, files: list[Path]) -> frozenset:
        """Return the different rows of the files; of what is no table, the different files."""
        rows: set = set()
        for path in files:
            table = read_table(path)
            rows |= {row.tobytes() for row in table.numbers} if table else {path.read_bytes()}
        return frozenset(rows)

    def rerun(self, part: str, change: Callable[[list[Table]], bool], until: str) -> Ran:
        """Run the stages after `base` on changed data, up to `until`, and return how that one ran."""
        tree = self.conveyor.copy(self.staged[self.base].tree)
        if not change(read_tables(self.staged[self.base].files(part, tree))):
            raise CannotTellError(text("the tables of {part} have nothing that can be changed", part=part))
        stages = STAGES[STAGES.index(self.base) + 1 : STAGES.index(until) + 1]
        results = self.conveyor.run_stages(stages, tree)
        stage, ran = list(results.items())[-1]
        if ran.run.exit_code:
            how = how_it_ended(ran.run)
            raise CannotTellError(
                text("with changed data of {part}, {stage} {how}", part=part, stage=stage, how=how)
            )
        return ran

    def tables(self, ran: Ran, part: str) -> list[Table]:
        return read_tables(ran.files(part))

    def repeats_itself(self, stage: str, part: str) -> bool:
        """Whether a stage makes the same tables again from the same files."""
        before = STAGES[STAGES.index(stage) - 1]
        again = self.conveyor.run_stage(stage, self.conveyor.copy(self.staged[before].tree))
        return not differ(self.tables(again, part), self.tables(self.staged[stage], part))

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
    """Return the metric that a run printed; on stderr where stdout has none."""
    return best_metric(own_lines(ran.run.stdout)) or best_metric(own_lines(ran.run.stderr))


def model_bytes(ran: Ran) -> dict[Path, bytes]:
    return {path: (ran.tree / path).read_bytes() for path in ran.models}


def how_it_ended(run: Run) -> str:
    if run.stopped:
        return text("was stopped: it reached the limit of {limit}", limit=run.stopped)
    last_line = ([line for line in run.stderr.splitlines() if line.strip()] or [""])[-1]
    return text("ended with exit code {code}: {line}", code=run.exit_code, line=last_line)
