"""Finds the file to which a conveyor was exported, whatever its name, and says of what kind it is."""

import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from common.grading.exported.groovytext import shell_steps, without_comments
from common.grading.opening.decoding import decode
from common.grading.opening.shell import mentioned

DEPTH = 4  # folders below the lab's
FILES = 500
LARGEST_BYTES = 200_000
NOT_CONVEYORS = {
    ".py", ".ipynb", ".md", ".csv", ".png", ".jpg", ".jpeg", ".gif", ".pdf", ".docx", ".pkl", ".html",
    ".json", ".yml", ".yaml", ".log", ".zip", ".db", ".toml", ".cfg", ".ini",
}  # fmt: skip
SKIPPED_FOLDERS = {".git", ".dvc", "venv", ".venv", "env", "node_modules", "__pycache__", "data", "tests"}
DECLARATIVE = re.compile(r"^\s*pipeline\s*\{", re.MULTILINE)
SCRIPTED = re.compile(r"^\s*node\s*(?:\([^)\n]{0,200}\))?\s*\{", re.MULTILINE)
PIPELINE_XML, SHELL_XML, BATCH_XML = "script", "hudson.tasks.Shell", "hudson.tasks.BatchFile"
SCM_IN_FILE = re.compile(
    r"\bcheckout\b|\bGitSCM\b|\bscmGit\b|\bgit\s*\(?\s*(?:url\b|branch\b|credentialsId\b|changelog\b|poll\b|[\"'])"
    r"|\bgit\s+(?:clone|pull|fetch|checkout)\b"
)
SCM_IN_XML = re.compile(r"hudson\.plugins\.git\.GitSCM|CpsScmFlowDefinition|<(?:scm|source)\b[^>]*[gG]it")
TYPE_DECLARATION = re.compile(r"<!DOCTYPE", re.IGNORECASE)
RANK = ("declarative", "scripted", "job", "shell", "script")  # the best first


@dataclass(frozen=True)
class Exported:
    """A conveyor as it was exported. `path` is relative to the submission's root."""

    path: Path
    kind: str  # one of RANK: a pipeline, a job whose pipeline is in the repository, shell lines, a mere .sh
    text: str  # the pipeline, or the shell lines
    has_scm: bool
    uses_batch: bool = False

    @property
    def is_groovy(self) -> bool:
        return self.kind in ("declarative", "scripted")


def find_exported(root: Path, folder: Path) -> list[Exported]:
    """Return the exported conveyors below `folder` (absolute), the one to run first."""
    found = [exported for file in _files(folder) if (exported := _read(root, file))]
    return sorted(found, key=lambda one: (RANK.index(one.kind), "jenkins" not in one.path.name.lower(),
                                          len(one.path.parts), one.path))  # fmt: skip


def _files(folder: Path) -> list[Path]:
    files = []
    for path, folders, names in os.walk(folder):
        depth = len(Path(path).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and depth < DEPTH)
        for name in sorted(names):
            file = Path(path, name)
            is_text = file.suffix.lower() not in NOT_CONVEYORS and not file.is_symlink() and file.is_file()
            if is_text and 0 < file.stat().st_size <= LARGEST_BYTES:
                files.append(file)
    return sorted(files, key=lambda file: (len(file.parts), file))[:FILES]


def _read(root: Path, file: Path) -> Exported | None:
    text = decode(file.read_bytes()).replace("\r\n", "\n").lstrip("\ufeff")
    path = file.relative_to(root)
    if text.lstrip().startswith("<"):
        return _from_xml(path, text)
    if kind := _kind(text):
        return _pipeline(path, kind, text, has_scm=False)
    if any(name.endswith(".py") for _, name in mentioned(text.encode())):
        kind = "script" if file.suffix == ".sh" and "jenkins" not in file.name.lower() else "shell"
        return Exported(path, kind, text, bool(SCM_IN_FILE.search(_without_shell_comments(text))))
    return None


def _kind(text: str) -> str:
    bare = without_comments(text)
    return "declarative" if DECLARATIVE.search(bare) else "scripted" if SCRIPTED.search(bare) else ""


def _pipeline(path: Path, kind: str, text: str, *, has_scm: bool) -> Exported:
    batch = any(step.kind != "sh" for step in shell_steps(text))
    return Exported(path, kind, text, has_scm or bool(SCM_IN_FILE.search(without_comments(text))), batch)


def _from_xml(path: Path, text: str) -> Exported | None:
    """Take the pipeline out of a job's config.xml, or the shell lines of a freestyle job."""
    if TYPE_DECLARATION.search(text):  # no job has one; entities in it can grow without end
        return None
    try:  # Jenkins writes version 1.1, which this parser does not know
        job = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314
    except ElementTree.ParseError:
        return None
    scm = bool(SCM_IN_XML.search(text))
    script = next((one.text for one in job.iter(PIPELINE_XML) if one.text and _kind(one.text)), None)
    if script:
        return _pipeline(path, _kind(script), script, has_scm=scm)
    builders = [
        (one.tag == BATCH_XML, one.findtext("command") or "")
        for one in job.iter()
        if one.tag in (SHELL_XML, BATCH_XML)
    ]
    if builders:
        lines = "\n".join(f"({_shell_mode(command)}\n{command.strip()}\n)" for _, command in builders)
        return Exported(path, "shell", lines, scm, any(is_batch for is_batch, _ in builders))
    if next(job.iter("scriptPath"), None) is not None or "multibranch" in job.tag.lower():
        return Exported(path, "job", "", scm)
    return None


def _shell_mode(command: str) -> str:
    """Return what makes a builder stop at an error, or go on: one with a first line of its own goes on."""
    first = command.strip().partition("\n")[0]
    return "set +e" if first.startswith("#!") and not re.search(r"\s-\w*e", first) else "set -e"


def _without_shell_comments(text: str) -> str:
    return re.sub(r"(?m)(^|\s)#.*$", "", text)
