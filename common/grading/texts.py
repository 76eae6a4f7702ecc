"""Every text that a student sees goes through `text`, and everything a submission wrote through `shown`."""

import re
from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

LANGUAGES = ("en", "ru")  # the first is that of the sources
CATALOGUES = Path(__file__).with_name("locale")
SHORT = 160  # characters of one value: two lines of a terminal
LONG = 320  # characters of a whole text: expected, found and help stay three short lines
ESCAPE_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # window titles and links
    r"|\x1b[ -/]*[0-~]"
)

_spoken = SimpleNamespace(language=LANGUAGES[0], catalogue=NullTranslations(), decimal=".")


def text(message: str, /, **values: object) -> str:
    """Return the student's text in the language that is spoken; `values` may come from a submission.

    `message` is a literal template in English, which is looked up in the catalogue of the language.
    """
    return _filled(_spoken.catalogue.gettext(message), values)


def counted(one: str, many: str, /, count: int, **values: object) -> str:
    """Return the same for a text that counts something, {count}: each language has its own plural forms."""
    return _filled(_spoken.catalogue.ngettext(one, many, count), {"count": count, **values})


def number(value: float) -> str:
    """Return a number as the language writes it: with its decimal sign."""
    return format(_safe(value), "")


def speak(language: str) -> None:
    """Use this language, one of LANGUAGES, for every text from now on."""
    _spoken.language, _spoken.catalogue, _spoken.decimal = language, NullTranslations(), "."
    if language != LANGUAGES[0]:
        from babel import Locale  # a tenth of a second, which English does not pay
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        compiled = BytesIO()
        with (CATALOGUES / f"{language}.po").open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
        _spoken.catalogue = GNUTranslations(compiled)
        _spoken.decimal = Locale(language).number_symbols["latn"]["decimal"]


def spoken() -> str:
    return _spoken.language


def language_of(environment: Mapping[str, str]) -> str:
    """Return the language that a person's LC_ALL, LC_MESSAGES or LANG asks for; English where it is none."""
    asked = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return asked[:2] if asked[:2] in LANGUAGES else LANGUAGES[0]


class _Number(float):
    """A number that is written with the decimal sign of the language."""

    def __format__(self, form: str) -> str:
        return format(float(self), form).replace(".", _spoken.decimal)


def _filled(template: str, values: Mapping[str, object]) -> str:
    if not values:
        return template
    return template.format(**{name: _safe(value) for name, value in values.items()})


def _safe(value: object) -> object:
    if isinstance(value, float):
        return _Number(value)
    return value if isinstance(value, int) else shown(value)


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
