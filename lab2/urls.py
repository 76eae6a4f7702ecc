"""URLs as they may be shown: without user and password, and without a query, which may have a token."""

import os
import re

from common.stage import LabError

SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
HOST = re.compile(r"([^/:]*|\[[^/]*\])(:\d*)?(/|\?|$)")
FROM_ENVIRONMENT = "env:"


def scheme_of(url: str) -> str:
    """Return `https` of `https://…`, in lower case, and nothing of what is no URL."""
    found = SCHEME.match(url)
    return found[0].removesuffix("://").lower() if found else ""


def shown(url: str) -> str:
    """Return a URL that may be printed and saved. Rather too much is hidden than too little."""
    scheme = found[0] if (found := SCHEME.match(url)) else ""
    _, at, rest = url.removeprefix(scheme).rpartition("@")  # the last @: a password may have some too
    rest = re.split(r"[?#]", rest, maxsplit=1)[0] + ("?***" if re.search(r"[?#]", rest) else "")
    if scheme and not HOST.match(rest):
        return f"{scheme}***"  # what stands in a port's place may be a password
    return f"{scheme}{'***@' if at else ''}{rest}"


def hide_secrets(text: str) -> str:
    """Return a message of argparse, which repeats what was typed, without any URL in it."""
    return re.sub(r"://.*", "://***", text, flags=re.DOTALL)


def resolve(source: str) -> str:
    """Return the URL that `env:NAME` stands for, which is on no command line; others as they are."""
    if not source.startswith(FROM_ENVIRONMENT):
        return source
    name = source.removeprefix(FROM_ENVIRONMENT)
    value = os.environ.get(name)
    if not value:
        raise LabError(f"the environment variable '{name}' of --source is not set: export {name}=URL")
    return value
