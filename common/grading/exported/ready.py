"""Makes a conveyor ready to be run on a copy: its file, mapped, and the shell lines that say its order."""

from dataclasses import dataclass
from pathlib import Path

from common.grading.exported.batch import as_shell
from common.grading.exported.finding import Exported
from common.grading.exported.groovytext import shell_steps
from common.grading.exported.mapping import ELSE, HOME, map_text
from common.grading.opening.shell import mentioned

HEAD = "set -e\n"


@dataclass(frozen=True)
class Ready:
    """`text` is what is run; with `fill` its places are those of one copy."""

    exported: Exported
    text: str
    order: str  # shell lines with what it runs, for read_layout; they are not run
    is_mapped: bool  # False: it has batch lines that no shell can run

    def fill(self, home: str, run_from: Path) -> str:
        return self.text.replace(HOME, home).replace(ELSE, str(Path(home, run_from)))


def make_ready(exported: Exported, root: Path, lab: Path) -> Ready:
    text, is_mapped = exported.text, True
    if exported.uses_batch:
        text, is_mapped = _without_batch(text) if exported.is_groovy else (as_shell(text) or text, True)
    text = map_text(text, root, lab)
    if exported.is_groovy:
        steps = list(shell_steps(text))
        lines = (f"cd -\n{f'cd {step.folder}' if step.folder else ''}\n{step.script}" for step in steps)
        order = "\n".join(lines)
        if _scripts(text) > _scripts(order):  # some stand outside of a step, where Jenkins reads no shell
            order = text
    else:
        order = text
        first = text.lstrip().partition("\n")[0]
        text = text if first.startswith("#!") else HEAD + text  # Jenkins runs shell lines by `sh -e`
    return Ready(
        exported, text, order.replace(f"{HOME}/", "").replace(HOME, ".").replace(ELSE, "."), is_mapped
    )


def _scripts(lines: str) -> set[str]:
    return {Path(name).name for _, name in mentioned(lines.encode()) if name.endswith(".py")}


def _without_batch(text: str) -> tuple[str, bool]:
    """Return the pipeline with its batch steps as shell steps, and whether all of them could be."""
    is_mapped = True
    for step in reversed(list(shell_steps(text))):
        if step.kind == "sh":
            continue
        lines = as_shell(step.script) if step.kind == "bat" else None
        if lines is None:
            is_mapped = False
            continue
        quoted = lines.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
        if "\n" not in text[slice(*step.content)]:  # else it is a string of several lines, and keeps them
            quoted = quoted.replace("\n", "\\n")
        text = text[: step.content[0]] + quoted + text[step.content[1] :]
        text = text[: step.word[0]] + "sh" + text[step.word[1] :]
    return text, is_mapped
