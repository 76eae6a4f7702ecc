"""Models in and out, in formats that cannot run code when loaded, with their description beside them.

A model's folder holds the model (scikit-learn: model.skops, CatBoost: model.cbm) and model.json: the
metric, the features in order with type and unit, library versions, seed, and the model's SHA-256.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from common.files import read_bytes, read_json, replace_folder, write_json
from common.stage import LabError

DESCRIPTION = "model.json"
# Types a .skops file may hold beside numpy's and scikit-learn's own, which skops knows to be harmless.
TRUSTED_TYPES: list[str] = []
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can say, so that no clock gets into a model
REPAIR = "run model_preparation.py again"
CATBOOST_MODELS = ("CatBoostClassifier", "CatBoostRegressor")
LIBRARIES = {".skops": ("scikit-learn", "numpy", "skops"), ".cbm": ("catboost", "numpy")}


def save_model(
    model: Any,
    folder: Path,
    *,
    metric: Mapping[str, Any],
    features: Sequence[Mapping[str, str]],
    seed: int,
) -> None:
    """Replace `folder` by the model and its model.json.

    `metric` names itself, its value and the data it was measured on; each of `features`, in the order
    of the model's columns, has a name, a type and a unit.
    """
    suffix = ".cbm" if type(model).__module__.startswith("catboost") else ".skops"
    with replace_folder(folder) as temporary:
        file = temporary / f"model{suffix}"
        content = _cbm_bytes(model, file) if suffix == ".cbm" else _skops_bytes(model)
        file.write_bytes(content)
        description = {
            "model": type(model).__name__,
            "file": file.name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "metric": dict(metric),
            "features": [{key: feature[key] for key in ("name", "type", "unit")} for feature in features],
            "seed": seed,
            "versions": {library: version(library) for library in LIBRARIES[suffix]},
        }
        write_json(description, temporary / DESCRIPTION)


def load_model(folder: Path, features: Sequence[Mapping[str, str]]) -> tuple[Any, dict]:
    """Return the model of `folder` and its description; `features` are those of the data at hand.

    A LabError says what does not fit: checksum, features or a library's major version.
    """
    description = read_json(folder / DESCRIPTION)
    try:
        file = folder / Path(description["file"]).name  # never outside the folder
        expected_sha256, trained_on, versions = (description[key] for key in ("sha256", "features", "versions"))
        libraries = LIBRARIES[file.suffix]
    except KeyError as error:
        raise LabError(f"'{folder / DESCRIPTION}' does not describe a model ({error}): {REPAIR}") from error

    content = read_bytes(file)
    if (found := hashlib.sha256(content).hexdigest()) != expected_sha256:
        raise LabError(
            f"'{file}' has SHA-256 {found[:12]}…, model.json says {expected_sha256[:12]}…: it was changed, {REPAIR}"
        )
    data_features = [{key: feature[key] for key in ("name", "type", "unit")} for feature in features]
    for index in range(max(len(trained_on), len(data_features))):
        pair = trained_on[index : index + 1], data_features[index : index + 1]
        if pair[0] != pair[1]:
            raise LabError(f"feature {index + 1} of '{file}' is {pair[0]}, the data has {pair[1]}: {REPAIR}")
    for library in libraries:
        trained, installed = versions.get(library, "none"), version(library)
        if trained.split(".")[0] != installed.split(".")[0]:
            raise LabError(f"'{file}' was made with {library} {trained}, {installed} is installed: {REPAIR}")
    load = _load_cbm if file.suffix == ".cbm" else _load_skops
    return load(content, description["model"]), description


def _load_skops(content: bytes, name: str) -> Any:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.loads(content, trusted=TRUSTED_TYPES)
    except UntrustedTypesFoundException as error:
        raise LabError(f"the model '{name}' holds types that are not trusted ({error}): do not use it") from error


def _load_cbm(content: bytes, name: str) -> Any:
    import catboost

    if name not in CATBOOST_MODELS:
        raise LabError(f"the model '{name}' is none of {list(CATBOOST_MODELS)}: {REPAIR}")
    return getattr(catboost, name)().load_model(blob=content)


def _cbm_bytes(model: Any, file: Path) -> bytes:
    metadata = model.get_metadata()
    for name in ("model_guid", "train_finish_time"):  # a random number and the clock
        metadata[name] = ""
    model.save_model(str(file), format="cbm")
    return file.read_bytes()


def _skops_bytes(model: Any) -> bytes:
    """Return skops's zip with what changes from run to run taken out: clock times and memory addresses."""
    import skops.io

    archive = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = archive.read("schema.json").decode("utf-8")
    addresses = re.findall(r'"(?:__id__": |file": ")(\d+)', schema)
    number = {address: str(index) for index, address in enumerate(dict.fromkeys(addresses))}
    schema = re.sub(r'("(?:__id__": |file": "))(\d+)', lambda found: found[1] + number[found[2]], schema)

    stable = io.BytesIO()
    with zipfile.ZipFile(stable, "w") as target:
        for name in archive.namelist():
            stem, _, suffix = name.partition(".")
            content = schema.encode("utf-8") if name == "schema.json" else archive.read(name)
            target.writestr(zipfile.ZipInfo(f"{number.get(stem, stem)}.{suffix}", ZIP_EPOCH), content)
    return stable.getvalue()
