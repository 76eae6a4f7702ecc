"""What the runs of a lab say about it: what it started, whether it repeats itself, what it measures."""

import re
from dataclasses import replace
from pathlib import Path

from common.grading.conveyor import PARTS, CannotTellError, Ran
from common.grading.material import hashes, rows_of
from common.grading.metrics import Metric, printed_metric
from common.grading.perturb import differ
from common.grading.runs import PREPARATION, TESTING, Runs
from common.grading.stages import STAGES
from common.grading.texts import text

NETWORK_ERRORS = re.compile(
    r"URLError|gaierror|name resolution|Name or service not known|Could not resolve|unable to resolve|"
    r"Network is unreachable|Max retries exceeded|ConnectionError|Failed to establish a new connection"
)


class Evidence(Runs):
    @property
    def starts_stages(self) -> bool:
        """Whether the whole run started a stage, or something else in Python that made data or a model."""
        if self.started_stages:
            return True
        made = [self.whole.tree / path for path in self.whole.models] + self.whole.files("train")
        return bool(self.whole.run.started) and any(path.stat().st_size for path in made)

    @property
    def knows_its_folder(self) -> bool:
        """Whether the pipeline's text looks for its own folder, so that it may run from any other."""
        pipeline = self.conveyor.root / self.layout.pipeline
        return bool(re.search(rb"dirname|realpath|readlink|BASH_SOURCE|\$\{?0", pipeline.read_bytes()))

    @property
    def asks_for_network(self) -> bool:
        run = self.whole.run
        return (
            run.exit_code != 0 and not self.conveyor.box.network and bool(NETWORK_ERRORS.search(run.stderr))
        )

    def need_base(self, stage: str) -> None:
        if self.base != stage:
            raise CannotTellError(text("{stage} makes no separate tables of train and test", stage=stage))

    def rows(self, files: list[Path]) -> frozenset[bytes]:
        return rows_of(files, self.conveyor.box)

    def repeats_itself(self, stage: str, part: str) -> bool:
        """Whether a stage makes the same tables again from the same files."""
        before = STAGES[STAGES.index(stage) - 1]
        again = self.conveyor.run_stage(stage, self.conveyor.copy(self.staged(before).tree))
        return not differ(self.tables(again, part), self.tables(self.staged(stage), part))

    def acts_otherwise(self, stage: str) -> bool:
        """Whether a stage made other tables in the whole run than it makes of the same files alone."""
        alone, before = self.staged(stage), self.staged(STAGES[STAGES.index(stage) - 1])
        given = before.made - alone.made
        alike = [hashes({path: tree / path for path in given}) for tree in (before.tree, self.whole.tree)]
        if not given or alike[0] != alike[1]:
            return False
        in_whole = replace(alone, tree=self.whole.tree)
        return any(
            differ(self.tables(alone, part), self.tables(in_whole, part)) and self.repeats_itself(stage, part)
            for part in PARTS
        )

    def metric(self, ran: Ran) -> Metric | None:
        """Return the metric that a run printed: of several the one that the whole run prints."""
        whole = self.whole.run
        like = printed_metric(whole.stdout, whole.stderr)
        return printed_metric(ran.run.stdout, ran.run.stderr, like)

    def measured_again(self, ran: Ran, times: int) -> list[Metric]:
        """Return what testing measures when it is run again on the data and the model that `ran` left."""
        metrics = []
        for _ in range(times):
            again = self._run_stage(TESTING, self.conveyor.copy(ran.tree), text("run again"))
            metrics.append(self.metric(again))
        if None in metrics:
            raise CannotTellError(text("run alone, {stage} prints no metric", stage=TESTING))
        return metrics

    @property
    def metric_ignores_the_model(self) -> bool:
        """Whether training on broken data makes another model and, by the same testing, the same metric."""
        try:
            right, other = self.metric(self.staged(TESTING)), self.metric(self.with_broken_train)
            another_model = self.models(self.staged(PREPARATION)) != self.models(self.trained_on_broken)
        except CannotTellError:
            return False
        return bool(right and other) and right.value == other.value and another_model

    def models(self, ran: Ran) -> dict[Path, bytes]:
        """Return hashes, in the tree of `ran`, of the model files that training makes."""
        return hashes({path: ran.tree / path for path in self.staged(PREPARATION).models})
