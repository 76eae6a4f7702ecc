"""Maps a conveyor to a copy of the submission: paths of its author's machine, virtual environments, clones.

The machine's own places become HOME (the copy) and ELSE (the folder the conveyor runs in), words that are
filled in when it is known where the copy is. An interpreter by its path becomes the one on PATH.
"""

import re
from pathlib import Path

HOME, ELSE = "@HOME@", "@ELSE@"
STOP = r"\s\"'`;|&<>()=,\[\]"  # ends a path
PLACE = r"(?:home|root|var|opt|mnt|media|srv|Users|workspace|jenkins|data|app|code|projects?)"
START = r"(?<![\w$}.\-/:@])"  # of a path that is no part of another one, or of an address
ABSOLUTE = re.compile(
    rf"{START}(?:~|\$\{{?(?:env\.)?(?:HOME|JENKINS_HOME)\}}?|/{PLACE})(?=[/{STOP}:]|$)(?:/[^{STOP}:]{{0,200}})*"
    rf"|{START}[A-Za-z]:/[^{STOP}:]{{0,200}}"
)
INTERPRETER = re.compile(
    rf"[^{STOP}]{{0,200}}/(?:bin|Scripts)/(python|pip)3?(?:\.\d+)?(?:\.exe)?(?=[{STOP}]|$)"
)
VERSIONED = re.compile(
    r"(?<![\w./-])(python|pip)3?\.\d+(?=\s)|(?<![\w./-])py(?:\s+-3(?:\.\d+)?)?(?=\s+\S*\.py\b|\s+-m\s)"
)
ACTIVATION = re.compile(
    rf"(?<![\w-])(?:source|\.|call)\s+[\"']?[^{STOP}]{{0,200}}[/\\](?:bin|Scripts)[/\\][Aa]ctivate(?:\.\w+)?[\"']?"
    rf"|(?m:^\s*[^{STOP}]{{0,200}}[/\\]Scripts[/\\]activate(?:\.bat)?\s*$)"
    r"|(?<![\w-])(?:conda|mamba)\s+activate(?:\s+[\w./-]+)?|(?<![\w./-])deactivate(?![\w./-])"
)
CLONE = re.compile(
    rf"git\s+clone\s+(?:-{{1,2}}[\w-]+(?:[= ](?!https?:|git@|ssh:)[\w./-]+)?\s+){{0,5}}"
    rf"(?P<quote>[\"']?)(?P<url>(?:https?://|git@|ssh://)[^{STOP}]{{1,300}})(?P=quote)"
    r"(?:[ \t]+(?P<folder>[\w.@/\-]+))?"
)
OTHER_GIT = re.compile(
    r"(?<![\w/-])git\s+(?:pull|fetch|checkout|switch|reset|clean|submodule|lfs|config)\b[^\n;&|'\"]*"
)


def map_text(text: str, root: Path, lab: Path) -> str:
    """Return the conveyor's text for a copy of `root`; `lab` is the lab's folder, relative to it."""
    text = ACTIVATION.sub(":", text)
    text = INTERPRETER.sub(r"\1", text)
    text = VERSIONED.sub(lambda found: found[1] or "python", text)
    text = CLONE.sub(lambda found: _clone(found, text, root, lab), text)
    text = OTHER_GIT.sub(":", text)
    return _map_paths(text, root, lab)


def _clone(found: re.Match[str], text: str, root: Path, lab: Path) -> str:
    """Return what stands for a clone: a link to the copy. A clone of something else, of data, stays."""
    folder = found["folder"] or re.sub(r"\.git$", "", found["url"].rstrip("/")).rpartition("/")[2]
    if folder == ".":
        return ":"
    used = re.findall(rf"(?<![\w./-]){re.escape(folder)}/([\w./-]+)", text.replace(found[0], ""))
    if used and not any((base / path).exists() for path in used for base in (root, root / lab)):
        return found[0]
    return f"{{ [ -e {folder} ] || ln -s {HOME} {folder}; }}"  # no quotes: it stands in a Groovy string


def _map_paths(text: str, root: Path, lab: Path) -> str:
    paths = sorted({found[0] for found in ABSOLUTE.finditer(text)}, key=lambda path: (-len(path), path))
    known: dict[str, str] = {}  # a prefix on the author's machine: what it is here
    for path in paths:
        if match := _known_suffix(path, root, lab):
            known.setdefault(*match)
    if not known and paths:
        known[min(paths, key=len).rstrip("/")] = ELSE
    return ABSOLUTE.sub(lambda found: _mapped(found[0], known), text)


def _known_suffix(path: str, root: Path, lab: Path) -> tuple[str, str] | None:
    """Return the part of a path before what is in the submission, and what that is here."""
    parts = path.rstrip("/").split("/")
    for index in range(1, len(parts)):
        for base, here in ((root, HOME), (root / lab, f"{HOME}/{lab.as_posix()}")):
            if ".." not in parts[index:] and (base / "/".join(parts[index:])).exists():
                return "/".join(parts[:index]), here
    return None


def _mapped(path: str, known: dict[str, str]) -> str:
    for prefix in sorted(known, key=len, reverse=True):
        if path.rstrip("/") == prefix or path.startswith(f"{prefix}/"):
            return known[prefix] + path[len(prefix) :]
    return f"{ELSE}/{path.rstrip('/').rpartition('/')[2]}" if path.count("/") > 1 else ELSE
