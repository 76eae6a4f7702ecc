"""Runs an exported conveyor in the box, by the imitation of Jenkins or by a shell, and knows its stages."""

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from common.grading.conveyor import Conveyor, Ran
from common.grading.exported.finding import Exported
from common.grading.exported.ready import Ready, make_ready
from common.grading.imitation import compiled
from common.grading.jenkins import UNSTABLE, Settings, java_command, read_result
from common.grading.sandbox import PLAIN, Box, Setting
from common.grading.stages import read_layout
from common.grading.submission import scratch_copy

NAME = "conveyor-as-graded"  # what is written beside the exported file, in copies alone
IMITATION = "imitation.jar"
ENDED_EARLY = 70  # the exit code of a conveyor that ends Groovy itself: EX_SOFTWARE of sysexits.h
BRANCH = re.compile(r"\bbranch\s*[(:]?\s*['\"]([\w./-]{1,100})['\"]")
# Steps and agents of well-known plugins that tell somebody something, or paint it: nothing is done for them.
IDLE = (
    "docker", "dockerfile", "kubernetes", "mail", "emailext", "slackSend", "telegramSend", "discordSend",
    "office365ConnectorSend", "publishHTML", "recordIssues", "recordCoverage", "cobertura",
    "publishCoverage", "step", "wrap", "withPythonEnv", "withSonarQubeEnv", "lock", "milestone", "input",
    "build", "tool", "fingerprint", "perfReport", "plot", "githubNotify", "setGitHubPullRequestStatus",
    "updateGitlabCommitStatus", "addBadge", "sshagent",
)  # fmt: skip


@dataclass
class JenkinsConveyor(Conveyor):
    """A conveyor whose pipeline is an exported one. `result` is what the imitation said of the first run."""

    ready: Ready | None = None
    result: dict | None = None
    runs_scripts_alone: bool = False  # its shell lines cannot be mapped: its scripts, in its order

    def _pipeline_command(self, tree: Path) -> list[str]:
        assert self.ready  # noqa: S101
        home = self._home(tree)
        file = tree / self.layout.folder / NAME
        file.unlink(missing_ok=True)  # it may be a link by now
        path = f"{home}/{(self.layout.folder / NAME).as_posix()}"
        if self.runs_scripts_alone:
            places = [Path(home, script) for script in self.layout.order]
            lines = [f"cd {shlex.quote(str(place.parent))}; python {place.name}" for place in places]
            file.write_text("\n".join(["set -e", *lines, ""]), encoding="utf-8")
        else:
            file.write_text(self.ready.fill(home, self.layout.run_from), encoding="utf-8")
        return self._groovy(path, home) if self.is_groovy else ["bash", path]

    @property
    def setting(self) -> Setting:
        assert self.ready  # noqa: S101
        return Setting(tools={IMITATION: compiled()}) if self.ready.exported.is_groovy else PLAIN

    @property
    def is_groovy(self) -> bool:
        assert self.ready  # noqa: S101
        return self.ready.exported.is_groovy and not self.runs_scripts_alone

    def run_pipeline(self, tree: Path) -> Ran:
        ran = super().run_pipeline(tree)
        if not self.is_groovy:
            return ran
        result, stderr = read_result(ran.run.stderr)
        self.result = self.result or result
        code = ran.run.exit_code
        if code == UNSTABLE:
            code = 0
        if not result and not ran.run.stopped:
            code = code or ENDED_EARLY
        return replace(ran, run=replace(ran.run, exit_code=code, stderr=stderr))

    def read(self) -> None:
        """Let Groovy read the pipeline and run nothing, where it cannot be run."""
        tree = self.fresh()
        file = self.layout.folder / NAME
        (tree / file).write_text(self.ready.exported.text, encoding="utf-8")
        command = self._groovy(f"{self._home(tree)}/{file.as_posix()}", self._home(tree), "check")
        run = self.box.run(command, tree, setting=self.setting)
        self.result, _ = read_result(run.stderr)

    def _groovy(self, path: str, home: str, action: str = "run") -> list[str]:
        assert self.ready  # noqa: S101
        branch = BRANCH.search(self.ready.exported.text)
        settings = Settings(
            credentials={"*": "not-given"},
            idle=IDLE,
            branch=branch[1] if branch else "main",
            time_limit_s=2 * self.box.limits.wall_s,  # the box's own limit comes first, and says so
        )
        jar = self.box.place_of(IMITATION, compiled())
        return java_command(jar, path, str(Path(home, self.layout.run_from)), settings, action=action)


def make_conveyor(box: Box, root: Path, folder: Path, exported: Exported, scratch: Path) -> JenkinsConveyor:
    """Return the conveyor of the lab in `folder` (absolute, in `root`), ready to be run in copies."""
    copy = scratch_copy(root, scratch)
    lab = folder.relative_to(root)
    ready = make_ready(exported, copy, lab)
    order = copy / lab / NAME
    order.write_text(ready.order, encoding="utf-8")
    layout = read_layout(copy, copy / lab, order)
    order.unlink()
    between = [script for script in layout.order if script not in layout.stages.values()]
    layout = replace(layout, stages=layout.stages | {str(script): script for script in between})
    return JenkinsConveyor(box, copy, layout, scratch, ready=ready, runs_scripts_alone=not ready.is_mapped)
