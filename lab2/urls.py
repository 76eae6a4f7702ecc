"""URLs as they may be shown: without user and password, and without a query, which may have a token."""

import os
import re

from common.stage import LabError

SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
FROM_ENVIRONMENT = "env:"


def scheme_of(url: str) -> str:
    """Return `https` of `https://…`, in lower case, and nothing of what is no URL."""
    found = SCHEME.match(url)
    return found[0].removesuffix("://").lower() if found else ""


def shown(url: str) -> str:
    """Return a URL that may be printed and saved. Rather too much is hidden than too little."""
    scheme, at, rest = url.rpartition("@")  # the last @: a password may have some too
    if at:
        found = SCHEME.match(scheme)
        rest = (found[0] if found else "") + "***@" + rest
    return re.sub(r"[?#].*", "?***", rest, count=1, flags=re.DOTALL)


def hide_secrets(text: str) -> str:
    """Return a message of argparse, which repeats what was typed, without any part that may be secret."""
    return re.sub(r"(://).*@|\?.*", r"\1***", text, flags=re.DOTALL)


def resolve(source: str) -> str:
    """Return the URL that `env:NAME` stands for, which is on no command line; others as they are."""
    if not source.startswith(FROM_ENVIRONMENT):
        return source
    name = source.removeprefix(FROM_ENVIRONMENT)
    value = os.environ.get(name)
    if not value:
        raise LabError(f"the environment variable '{name}' of --source is not set: export {name}=URL")
    return value
