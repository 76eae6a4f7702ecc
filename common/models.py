"""Models in and out, with their description beside them.

A model's folder holds the model, in a format that cannot run code when it is loaded, and model.json: the
metric, the features in order with type and unit, library versions, seed, and the model's SHA-256.
A format is a module with SUFFIX, LIBRARIES, dump and load: common.skops_file or common.cbm_file.
"""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from types import ModuleType
from typing import Any

from common.atomic import replace_folder
from common.files import read_bytes, read_json, write_json
from common.stage import LabError

DESCRIPTION = "model.json"
FEATURE_KEYS = ("name", "type", "unit")
REPAIR = "run model_preparation.py again"


def save_model(
    model: Any,
    folder: Path,
    file_format: ModuleType,
    *,
    metric: Mapping[str, Any],
    features: Sequence[Mapping[str, Any]],
    seed: int,
) -> None:
    """Replace `folder` by the model and its model.json.

    `metric` has a name, a value and the data it was measured on; each of `features`, in the order of the
    model's columns, has a name, a type and a unit.
    """
    content = file_format.dump(model)
    with replace_folder(folder) as temporary:
        (temporary / f"model{file_format.SUFFIX}").write_bytes(content)
        description = {
            "model": type(model).__name__,
            "sha256": hashlib.sha256(content).hexdigest(),
            "metric": dict(metric),
            "features": _shared_part(features),
            "seed": seed,
            "versions": {library: version(library) for library in file_format.LIBRARIES},
        }
        write_json(description, temporary / DESCRIPTION)


def load_model(
    folder: Path, file_format: ModuleType, features: Sequence[Mapping[str, Any]]
) -> tuple[Any, dict]:
    """Return the model of `folder` and its description; `features` are those of the data at hand.

    A LabError says what does not fit: checksum, features, or a library's major version.
    """
    description = read_json(folder / DESCRIPTION)
    try:
        expected_sha256, trained_on, versions = (
            description[key] for key in ("sha256", "features", "versions")
        )
    except KeyError as error:
        raise LabError(f"'{folder / DESCRIPTION}' has no {error}: {REPAIR}") from error
    file = folder / f"model{file_format.SUFFIX}"
    content = read_bytes(file)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != expected_sha256:
        raise LabError(
            f"'{file}' has SHA-256 {sha256[:12]}…, {DESCRIPTION} says {expected_sha256[:12]}…: "
            f"it was changed, {REPAIR}"
        )
    _compare_features(file, trained_on, _shared_part(features))
    for library in file_format.LIBRARIES:
        trained, installed = versions.get(library, "no version"), version(library)
        if trained.split(".")[0] != installed.split(".")[0]:
            raise LabError(f"'{file}' was made with {library} {trained}, {installed} is installed: {REPAIR}")
    return file_format.load(content), description


def _shared_part(features: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: feature[key] for key in FEATURE_KEYS} for feature in features]


def _compare_features(file: Path, trained_on: list, at_hand: list) -> None:
    for number, (trained, found) in enumerate(zip_longest(trained_on, at_hand, fillvalue="nothing"), 1):
        if trained != found:
            raise LabError(f"feature {number} of '{file}' is {trained}, the data has {found}: {REPAIR}")
