"""What a .dvc/config says: its remotes, and the secrets that it should not have."""

import configparser
import posixpath
import re
from dataclasses import dataclass

from common.grading.versions.history import History

SECTION = re.compile(r"""\s*'?\s*remote\s*"(?P<name>[^"]*)"\s*'?\s*""")
SECRET = re.compile(
    r"(?:access_key_id|secret_access_key|session_token|account_key|sas_token|connection_string|password"
    r"|.*token|.*client_secret|.*_secret|oss_key_id|oss_key_secret|secret|passphrase)"
)
HARMLESS = re.compile(r"ask_.*|.*_path")
IN_URL = re.compile(
    r"://[^/@:\s]+:(?P<password>[^/@\s]+)@"
    r"|[?&](?:[\w-]*(?:token|secret|password|signature|key)|sig)=(?P<token>[^&\s]+)",
    re.I,
)
NAMED_FILES = (
    "gdrive_service_account_json_file_path",
    "credentialpath",
    "gdrive_user_credentials_file",
    "keyfile",
)
# What stands for a value: <your key>, ${AWS_KEY}, xxxx, ****, your-secret, changeme.
PLACEHOLDER = re.compile(
    r"<.*>|\$.*|[xX*.]+|%.*%|(?:your|my)[\s_-].*|change_?me|todo|none|null|", re.IGNORECASE
)
LONGEST = 64 << 10


@dataclass(frozen=True)
class Remote:
    name: str
    url: str
    config: str  # the file that says so

    @property
    def is_folder(self) -> bool:
        return "://" not in self.url


@dataclass(frozen=True)
class Secret:
    key: str
    shown: str  # masked
    config: str


@dataclass(frozen=True)
class Configuration:
    files: tuple[str, ...]  # the .dvc/config files that were committed
    remotes: tuple[Remote, ...]  # by the newest of each file
    default: str
    secrets: tuple[Secret, ...]  # in any commit: the history keeps them


def read_configuration(history: History) -> Configuration:
    newest: dict[str, dict[str, dict[str, str]]] = {}
    secrets: dict[tuple[str, str], Secret] = {}
    for file in history.named(".dvc/config", ".dvc/config.local"):
        newest[file.path] = sections = parse(file.text)
        for options in sections.values():
            for key, value in options.items():
                for found in _secrets_in(key, value, file.path, history):
                    secrets.setdefault((found.key, found.shown), found)
    remotes, default = [], ""
    for path, sections in newest.items():
        default = sections.get("core", {}).get("remote", default)
        for section, options in sections.items():
            if (match := SECTION.fullmatch(section)) and options.get("url"):
                remotes.append(Remote(match["name"], options["url"], path))
    committed = tuple(path for path in newest if path.endswith("config"))
    return Configuration(committed, tuple(remotes), default, tuple(secrets.values()))


def has_remote(content: str) -> bool:
    sections = parse(content)
    return any(SECTION.fullmatch(name) and options.get("url") for name, options in sections.items())


def parse(content: str) -> dict[str, dict[str, str]]:
    """Return the options of each section; a line that is none is left out."""
    parser = configparser.RawConfigParser(
        strict=False,
        allow_no_value=True,
        comment_prefixes=("#", ";"),
        delimiters=("=",),
        default_section="\0",
    )
    lines = content[:LONGEST].lstrip("\ufeff").splitlines()
    try:
        parser.read_string("\n".join(line.strip() for line in lines))
    except configparser.Error:
        return {}
    return {
        section: {key: (value or "").strip("\"' ") for key, value in parser.items(section)}
        for section in parser.sections()
    }


def _secrets_in(key: str, value: str, config: str, history: History) -> list[Secret]:
    found = []
    if SECRET.fullmatch(key) and not HARMLESS.fullmatch(key) and not PLACEHOLDER.fullmatch(value):
        found.append(Secret(key, mask(value), config))
    for match in IN_URL.finditer(value):
        secret = match["password"] or match["token"]
        if not PLACEHOLDER.fullmatch(secret):
            found.append(Secret(key, mask(secret), config))
    if key in NAMED_FILES and not re.match(r"[/~]|[A-Za-z]:", value):
        place = posixpath.normpath(posixpath.join(posixpath.dirname(config), value.replace("\\", "/")))
        if place in history.ever or place in history.now:
            found.append(Secret(key, posixpath.basename(place), config))
    return found


def mask(secret: str) -> str:
    return f"{secret[:2]}***" if len(secret) > 6 else "***"
