"""Text and file names as students' machines write them: UTF-8, UTF-16, and the Russian code pages."""

import codecs
import re
import unicodedata

BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]


def decode(content: bytes) -> str:
    """Return the text of a file; PowerShell's `>` writes UTF-16, old Windows editors cp1251."""
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(encoding, "replace")
    if content[1:2] == b"\0":  # UTF-16 that lost its mark
        return content.decode("utf-16-le", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1251", "replace")


def decode_name(raw: bytes) -> str:
    """Return a file's name: UTF-8, else cp866 when that gives Russian words, else cp437 as zip has it."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        russian = raw.decode("cp866")
        name = russian if _is_russian(russian) else raw.decode("cp437")
    return unicodedata.normalize("NFC", name)  # macOS writes й as two characters


def _is_russian(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", name)
    foreign = [word for word in words if not word.isascii()]
    symbols = [sign for sign in name if not sign.isascii() and not sign.isalpha() and sign != "№"]
    return bool(foreign) and not symbols and all(re.fullmatch("[а-яё]+", word, re.I) for word in foreign)  # noqa: RUF001
