"""Reads a Jenkinsfile just far enough to say which shell lines it runs, and in which folder. It runs nothing.

Lengths in the pattern are bounded: a hostile file must not keep it busy.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)"
    r"|(?P<string>'''(?:\\.|(?!''').)*'''|\"\"\"(?:\\.|(?!\"\"\").)*\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")"
    r"|(?P<brace>[{}])"
    r"|(?P<word>\w+)"
    r"|(?P<other>[^\s\w])",
    re.DOTALL,
)
STEPS = ("sh", "bat", "powershell", "pwsh")
STEP_REACH = 8  # tokens between `sh` and its string: (returnStdout: true, script: '…')


@dataclass(frozen=True)
class Step:
    """A shell step: `start` and `end` of its word and of its string's content in the file."""

    kind: str
    folder: str  # of the `dir` blocks around it
    script: str
    word: tuple[int, int]
    content: tuple[int, int]


def without_comments(text: str) -> str:
    """Return the text with its comments blank: every other character stays where it is."""
    return TOKEN.sub(lambda token: _blank(token[0]) if token["comment"] else token[0], text)


def shell_steps(text: str) -> Iterator[Step]:
    """Yield the shell steps that stand in the file, in its order."""
    tokens = [token for token in TOKEN.finditer(text) if not token["comment"]]
    folders: list[str] = []  # one for each open brace, "" for those that are no `dir`
    pending = ""
    for index, token in enumerate(tokens):
        if token["brace"] == "{":
            folders.append(pending)
            pending = ""
        elif token["brace"] and folders:
            folders.pop()
        elif token["word"] == "dir" and (string := _string_after(tokens, index)):
            pending = string[1]
        elif token["word"] in STEPS and (string := _string_after(tokens, index)):
            match, script = string
            width = _quote_width(match)
            content = (match.start() + width, match.end() - width)
            yield Step(token["word"], "/".join(filter(None, folders)), script, token.span(), content)


def _string_after(tokens: list[re.Match[str]], index: int) -> tuple[re.Match[str], str] | None:
    """Return the string that a step is given, and what it says; None where it is given something else."""
    behind = tokens[index + 1 : index + 1 + STEP_REACH]
    near = list(takewhile(lambda token: not token["brace"] and token["word"] not in STEPS, behind))
    named = next((place for place, token in enumerate(near) if token["word"] == "script"), None)
    for token in near[named or 0 :]:
        if token["string"]:
            width = _quote_width(token)
            return token, _unescaped(token[0][width:-width])
    return None


def _quote_width(string: re.Match[str]) -> int:
    return 3 if string[0][:3] in ("'''", '"""') else 1


def _unescaped(content: str) -> str:
    known = {"n": "\n", "t": "\t", "\n": ""}
    return re.sub(r"\\(.)", lambda found: known.get(found[1], found[1]), content, flags=re.DOTALL)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
