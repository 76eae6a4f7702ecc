"""Every text that a student sees goes through `text`, and everything a submission wrote through `shown`."""

import re

SHORT = 160  # characters of one value: two lines of a terminal
LONG = 320  # characters of a whole text: expected, found and help stay three short lines
ESCAPE_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # window titles and links
    r"|\x1b[ -/]*[0-~]"
)


def text(message: str, /, **values: object) -> str:
    """Return the student's text: `message` is a literal template, `values` may come from a submission.

    A second language is a lookup of `message` here; that is why it must be a literal and not an f-string.
    """
    if not values:
        return message
    safe = {name: value if isinstance(value, int | float) else shown(value) for name, value in values.items()}
    return message.format(**safe)


def shown(value: object, limit: int = SHORT) -> str:
    r"""Return `value` on one line, without anything that a terminal or a page would obey, `limit` long.

    Colours go; other unprintable characters (controls, right-to-left marks, lone surrogates) become
    visible as `\x07` or `\u202e`. What is too long loses its middle. Applying it twice changes nothing.
    """
    plain = str(value)
    if len(plain) > 4 * limit:  # an output can be megabytes; the ends are enough
        plain = plain[: 2 * limit] + plain[-2 * limit :]
    plain = ESCAPE_SEQUENCES.sub("", plain)
    plain = "".join(_visible(character) for character in plain.strip())
    if len(plain) <= limit:
        return plain
    head = (limit - 5) * 2 // 3
    return f"{plain[:head]} ... {plain[head + 5 - limit :]}"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
