"""Turns simple Windows batch lines into shell lines; what is not simple is said so, not guessed."""

import re

SIMPLE = (  # pattern, what it is in a shell; the first that fits a line
    (r"(?:call\s+)?\S*[\\/]activate(?:\.bat)?", ":"),
    (r"@?echo\s+off", ":"),
    (r"chcp\s+\d+.*", ":"),
    (r"set\s+\"?(\w+)=([^\"]*)\"?", r"export \1='\2'"),
    (r"cd\s+/d\s+(.+)", r"cd \1"),
    (r"call\s+(.+)", r"\1"),
    (r"if\s+not\s+exist\s+(\S+)\s+(?:mkdir|md)\s+(\S+)", r"mkdir -p \2"),
    (r"if\s+exist\s+(\S+)\s+(?:rmdir|rd)\s+.*", r"rm -rf \1"),
    (r"if\s+errorlevel\s+1\s+exit.*|if\s+%errorlevel%\s+neq\s+0\s+exit.*", ":"),
    (r"(?:mkdir|md)\s+(.+)", r"mkdir -p \1"),
    (r"(?:rmdir|rd)\s+(?:/\w\s+)*(.+)", r"rm -rf \1"),
    (r"del\s+(?:/\w\s+)*(.+)", r"rm -f \1"),
    (r"copy\s+(?:/\w\s+)*(.+)", r"cp \1"),
    (r"xcopy\s+(\S+)\s+(\S+).*", r"cp -r \1 \2"),
    (r"type\s+(.+)", r"cat \1"),
    (r"dir\b.*", "ls"),
    (r"where\s+(\S+)", r"command -v \1"),
    (r"(?:rem\b|::).*", ":"),
)
NOT_SIMPLE = re.compile(
    r"^(?:for|goto|if|setlocal|endlocal|powershell|start|:\w+)\b|\^\s*$|%~|!\w+!", re.IGNORECASE
)


def as_shell(script: str) -> str | None:
    """Return the shell lines that do the same, or None when a line is beyond this."""
    lines = []
    for line in script.splitlines():
        commands = [
            _command(command.strip()) for command in re.split(r"(&&|\|\||(?<!&)&(?!&))", line.strip())
        ]
        if None in commands:
            return None
        lines.append(" ".join("&&" if command == "&" else str(command) for command in commands))
    return "\n".join(lines)


def _command(command: str) -> str | None:
    for pattern, replacement in SIMPLE:
        if match := re.fullmatch(pattern, command, re.IGNORECASE):
            return _with_slashes(match.expand(replacement))
    return None if NOT_SIMPLE.search(command) else _with_slashes(command)


def _with_slashes(command: str) -> str:
    command = re.sub(r"%(\w+)%", r"$\1", command)
    command = re.sub(r"\bpython\.exe\b", "python", command)
    return re.sub(r"\\+", "/", command)
