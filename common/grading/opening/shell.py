"""Reads a shell script just far enough to say which scripts it runs, and in what order. It runs nothing.

Lengths in the patterns are bounded: a hostile script must not keep them busy.
"""

import re
from collections.abc import Iterator

from common.grading.opening.decoding import decode

# A mention in these is not a run.
TALK = re.compile(
    r"(?:sudo\s+)?(?:echo|printf|chmod|ls|cat|rm|touch|mv|cp|test|\[+|dos2unix|sed|git|head|read)\b|\["
)
SCRIPT = re.compile(r"""[^\s"'`;|&<>(){}=,:]{0,200}[\w-]\.(?:py|sh)\b(?![\w.])""")
WORDS = re.compile(  # a loop's or an array's names: for s in a b c; s=(a b c); S="a b c"
    r"""\bfor\s+\w+\s+in\s+(?P<loop>[^;\n]+)|^\w+=\((?P<array>[^)]*)\)|^\w+=(?P<quote>["'])(?P<text>[^"'$]*)(?P=quote)"""
)
MODULE = re.compile(r"\s-m\s+([A-Za-z_][\w.]*)")
BRACES = re.compile(r"([^\s{]{0,100})\{([\w.-]+(?:,[\w.-]+)+)\}(\S{0,100})")  # "$DIR"/{a,b}.py
FOLDER = re.compile(r"""(?:cd|pushd)\s+["']?([^\s"';&|)]+)""")
VARIABLE = re.compile(r"\$\{[^}]{0,200}\}|\$\w+|\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`")


def mentioned(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield (folder, script) in the order a script runs them: ('src', 'train.py'), ('', 'data_creation').

    A name without .py comes from a loop, an array or `python -m`; the folder is that of the last `cd`.
    Paths lose their variables: '$DIR/src/train.py' is 'src/train.py'.
    """
    lines = decode(content).replace("\r\n", "\n").replace("\\\n", " ")
    lines = re.sub(r"(?m)(^|\s)#.*$", "", lines)
    lines = re.sub(r"=\(([^)]{0,2000})\)", lambda array: "=(" + " ".join(array[1].split()) + ")", lines)
    here = ""
    for line in lines.splitlines():
        line, before = BRACES.sub(_expanded, _without_variables(line.strip())), here
        if match := WORDS.search(line):
            words = match["loop"] or match["array"] or match["text"] or ""
            yield from ((here, name) for word in words.split() if (name := _plain(word.strip("\"'"))))
            line = line[match.end() :] if match["loop"] else ""
        for command in re.split(r"&&|\|\||;|\bthen\b|\bdo\b|\$\(", line):
            command = command.strip("( \t")
            if TALK.match(command):
                continue
            if match := FOLDER.match(command):
                here = _plain(match[1]) if match[1] not in ("-", "..") else ""
            yield from ((here, module.replace(".", "/")) for module in MODULE.findall(command))
            yield from ((here, _plain(script)) for script in SCRIPT.findall(command))
        if line.startswith("("):  # a subshell's cd ends with it
            here = before


def _expanded(braces: re.Match[str]) -> str:
    return " ".join(f"{braces[1]}{word}{braces[3]}" for word in braces[2].split(","))


def _without_variables(line: str) -> str:
    """Drop $X, ${X} and $(dirname "$0"), but keep the script in METRIC=$(python test.py)."""
    return VARIABLE.sub(lambda found: found[0] if re.search(r"\.py\b|\s-m\s", found[0]) else "", line)


def _plain(path: str) -> str:
    parts = path.replace('"', "").replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..", "~"))
