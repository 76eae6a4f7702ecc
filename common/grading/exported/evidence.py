"""What the runs of an exported conveyor say about it; its stages may be fewer or more than four."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from common.grading.conveyor import CannotTellError, Ran, is_run_of
from common.grading.evidence import NETWORK_ERRORS, Evidence
from common.grading.exported.running import JenkinsConveyor
from common.grading.material import write_tables
from common.grading.stages import STAGES
from common.grading.tables import Table
from common.grading.texts import text


class ExportedEvidence(Evidence):
    conveyor: JenkinsConveyor

    def __init__(self, conveyor: JenkinsConveyor) -> None:
        super().__init__(conveyor)
        self.as_exported: Ran | None = None  # how it ended, where its scripts had to be run alone

    @cached_property
    def whole(self) -> Ran:
        """The conveyor in a fresh copy; its scripts alone where it fails for another reason than theirs."""
        ran = self.conveyor.run_pipeline(self.conveyor.fresh())
        own = self._own_processes(ran)
        is_theirs = any(process.exit_code for process in own) or self._are_all_of_them(own)
        asks_for_network = not self.conveyor.box.network and NETWORK_ERRORS.search(ran.run.stderr)
        if not ran.run.exit_code or ran.run.stopped or is_theirs or asks_for_network or not self.layout.order:
            return ran
        return self._scripts_alone(ran)

    def _scripts_alone(self, failed: Ran) -> Ran:
        self.conveyor.runs_scripts_alone = True
        ran = self.conveyor.run_pipeline(self.conveyor.fresh())
        if ran.run.exit_code:
            self.conveyor.runs_scripts_alone = False
            return failed
        self.as_exported = failed
        return ran

    def _own_processes(self, ran: Ran) -> list:
        scripts = [*self.layout.order, *filter(None, self.layout.stages.values())]
        return [one for one in ran.run.started if any(is_run_of(one, script) for script in scripts)]

    def _are_all_of_them(self, processes: list) -> bool:
        return all(any(is_run_of(one, script) for one in processes) for script in self.layout.order)

    @property
    def starts_stages(self) -> bool:
        """Whether the run started a stage, or another script of the submission that made data or a model."""
        names = {path.name for path in self.conveyor.root.rglob("*.py")}
        started = [one.arguments[0] for one in self.whole.run.started if one.arguments]
        return super().starts_stages and any(Path(name).name in names for name in started)

    @cached_property
    def refusal(self) -> str:
        """What the imitation of Jenkins refused in the file, "" when it took it."""
        assert self.whole  # noqa: S101  the first run reads the file
        if self.conveyor.runs_scripts_alone and not self.as_exported:
            self.conveyor.read()
        result = self.conveyor.result
        ran = self.as_exported or self.whole
        if result is None and self.conveyor.ready.exported.is_groovy and not ran.run.stopped:
            return text("Groovy ended without a result")
        return self.problem or text("refused") if result and result["status"] == "REFUSED" else ""

    @property
    def problem(self) -> str:
        """What the imitation says went wrong, "" when it says nothing."""
        return str((self.conveyor.result or {}).get("problem") or "")

    @property
    def last_words(self) -> str:
        """The last line on stderr that is not the imitation's own."""
        lines = (line for line in reversed(self.whole.run.stderr.splitlines()) if line.strip())
        return next((line for line in lines if not line.startswith("[Jenkins]")), "")

    @property
    def scripts_finish(self) -> bool:
        """Whether each of its scripts ran and ended well, however the conveyor itself ended."""
        own = self._own_processes(self.whole)
        return bool(own) and self._are_all_of_them(own) and not any(one.exit_code for one in own)

    @property
    def present(self) -> list[str]:
        """The stages that have a script, and the scripts between them, in the order they are run."""
        named = [stage for stage in STAGES if self.layout.stages[stage]]
        order = list(self.layout.order)
        present = []
        for stage in named:
            present.append(stage)
            script, following = self.layout.stages[stage], named[named.index(stage) + 1 :]
            if script not in order or not following:
                continue
            behind = order[order.index(script) + 1 :]
            upto = self.layout.stages[following[0]]
            between = behind[: behind.index(upto)] if upto in behind else []
            present += [str(extra) for extra in between if str(extra) in self.layout.stages]
        return present

    def actual(self, stage: str) -> str:
        """Return the stage whose script does this one's work: its own, else the one before, else the next."""
        if self.layout.stages[stage]:
            return stage
        named = [one for one in STAGES if self.layout.stages[one]]
        before = [one for one in named if STAGES.index(one) < STAGES.index(stage)]
        if not named:
            raise CannotTellError(text("no script for {stage} was found", stage=stage))
        return before[-1] if before else named[0]

    def staged(self, stage: str) -> Ran:
        stage = self.actual(stage)
        return self._once(stage, lambda: self._alone(stage))

    def _alone(self, stage: str) -> Ran:
        earlier = self.present[: self.present.index(stage)]
        named = [one for one in earlier if one in STAGES]
        tree = self.conveyor.copy(self.staged(named[-1]).tree if named else self._cleaned)
        return self._run_with_extras(stage, tree, text("run alone"))

    def _run_with_extras(self, stage: str, tree, when: str) -> Ran:
        """Run a stage, and the scripts between it and the next; what they made and said is one."""
        ran = self._run_stage(stage, tree, when)
        for extra in self.present[self.present.index(stage) + 1 :]:
            if extra in STAGES:
                break
            after = self._run_stage(extra, tree, when)
            ran = replace(ran, made=ran.made | after.made)
        return ran

    def _run_stage(self, stage: str, tree, when: str) -> Ran:
        return super()._run_stage(self.actual(stage) if stage in STAGES else stage, tree, when)

    def rerun(self, part: str, change: Callable[[Sequence[Table]], list[np.ndarray]], until: str) -> Ran:
        base = self.staged(self.base)
        tree = self.conveyor.copy(base.tree)
        tables = [
            replace(table, path=tree / table.path.relative_to(base.tree)) for table in self.tables(base, part)
        ]
        if not write_tables(list(zip(tables, change(tables), strict=True)), self.conveyor.box):
            raise CannotTellError(text("the tables of {part} have nothing that can be changed", part=part))
        named = [stage for stage in self.present if stage in STAGES]
        first, last = named.index(self.actual(self.base)), named.index(self.actual(until))
        if last <= first:
            raise CannotTellError(
                text("one script makes the data and uses them: they cannot be changed between")
            )
        for stage in named[first + 1 : last + 1]:
            ran = self._run_with_extras(stage, tree, text("with changed data of {part}", part=part))
        return ran
