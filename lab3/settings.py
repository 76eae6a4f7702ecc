"""The service's settings: typed, from the environment, refused when wrong.

LAB3_PORT=9000 python lab3/service.py
"""

import os
from difflib import get_close_matches
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.stage import LabError

PREFIX = "LAB3_"
PAGES = "LAB3_PAGE_"  # what begins so is the page's, not the service's


class Settings(BaseSettings):
    """Each is the environment variable of this name, in capitals, with LAB3_ before it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; 0.0.0.0 is every one")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 is any free one")
    model_folder: Path = Field(Path(__file__).with_name("model"), description="where model.json is")
    api_key: SecretStr = Field(
        SecretStr(""), description="asked of every prediction when it is set, 16 characters or more"
    )
    batch_rows: int = Field(1024, ge=1, le=1024, description="passengers predicted at once, at most")
    batch_delay_ms: float = Field(
        0, ge=0, le=1000, description="how long a batch waits for company beside what is already there"
    )
    queue_rows: int = Field(
        16_384, ge=1000, le=1_000_000, description="passengers waiting; more are refused with 503"
    )
    connections: int = Field(512, ge=1, le=10_000, description="open at once; more are refused with 503")
    request_timeout_s: float = Field(
        10, gt=0, le=600, description="from a request's first byte to its last; then 408"
    )
    keep_alive_s: int = Field(30, ge=1, le=600, description="how long an idle connection stays open")
    grace_s: int = Field(10, ge=1, le=600, description="after SIGTERM, for what was accepted")


def load_settings() -> Settings:
    """Return the settings; LabError, one line, for the first that is wrong or unknown."""
    _refuse_unknown()
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=True)[0]
        name = f"{PREFIX}{first['loc'][0]}".upper()
        raise LabError(f"{name} is '{first['input']}': {_lower(first['msg'])}") from None
    key = settings.api_key.get_secret_value()
    if 0 < len(key) < 16:
        raise LabError(f"{PREFIX}API_KEY has {len(key)} characters: give 16 or more, or leave it out")
    if not key.isascii():
        raise LabError(f"{PREFIX}API_KEY has characters that a header cannot carry: give ASCII")
    return settings


def _refuse_unknown() -> None:
    """A misspelt variable would be ignored in silence, and the service run with what nobody asked for."""
    known = [f"{PREFIX}{name}".upper() for name in Settings.model_fields]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and not name.startswith(PAGES) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}" if near else f"they are {', '.join(known)}"
            raise LabError(f"'{name}' is not a setting: {hint}")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
