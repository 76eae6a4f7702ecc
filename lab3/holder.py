"""The model that the service predicts with: loaded, replaced on request, or missing for a reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import cbm_file
from common.files import read_json
from common.models import load_model
from common.stage import LabError

from features import FEATURES
from predictor import Predictor

VERSION_DIGITS = 12  # of the model's SHA-256: enough to tell any two apart


@dataclass(frozen=True)
class LoadedModel:
    predictor: Predictor
    version: str
    description: dict[str, Any]  # model.json
    card: dict[str, Any] | None  # card.json, where it is this model's


class ModelHolder:
    """Has a model, or the reason why there is none; keeps the one it has when the next cannot be loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current: LoadedModel | None = None
        self.reason = "the model is not loaded yet"

    def reload(self) -> bool:
        """Load what is in the folder now; say whether it could be, else `reason` is why not."""
        try:
            self.current = open_model(self.folder)
        except (LabError, OSError) as error:
            self.reason = str(error)
        except Exception as error:  # whatever is in the files, the service lives and says so
            self.reason = f"'{self.folder}' holds no model that can be read ({type(error).__name__}: {error})"
        else:
            self.reason = ""
        return not self.reason


def open_model(folder: Path) -> LoadedModel:
    """Return the model of a folder, checked against its description and against the service's features."""
    model, description = load_model(folder, cbm_file, FEATURES)
    return LoadedModel(
        Predictor(model), description["sha256"][:VERSION_DIGITS], description, _read_card(folder, description)
    )


def _read_card(folder: Path, description: dict[str, Any]) -> dict[str, Any] | None:
    try:
        card = read_json(folder / "card.json")
    except LabError:
        return None  # not tested yet: the model itself is whole
    return card if card.get("sha256") == description["sha256"] else None
