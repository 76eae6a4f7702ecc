"""scikit-learn models as .skops bytes: no pickle, and the same model gives the same bytes."""

import io
import re
import zipfile
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from common.stage import LabError

SUFFIX = ".skops"
LIBRARIES = ("scikit-learn", "numpy", "skops")
# What a file may hold beside numpy's and scikit-learn's own types, which skops knows to be harmless.
TRUSTED_TYPES: list[str] = []
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can say, so that no clock gets into a model
ADDRESS = re.compile(r'("(?:__id__": |file": "))(\d+)')


def dump(model: Any) -> bytes:
    """Return skops's zip without what changes from run to run: clock times and memory addresses."""
    archive = zipfile.ZipFile(io.BytesIO(skops.io.dumps(model)))
    schema = archive.read("schema.json").decode("utf-8")
    addresses = dict.fromkeys(match[2] for match in ADDRESS.finditer(schema))
    number = {address: str(index) for index, address in enumerate(addresses)}
    schema = ADDRESS.sub(lambda match: match[1] + number[match[2]], schema)

    stable = io.BytesIO()
    with zipfile.ZipFile(stable, "w") as target:
        for name in archive.namelist():
            stem, _, suffix = name.partition(".")
            content = schema.encode("utf-8") if name == "schema.json" else archive.read(name)
            target.writestr(zipfile.ZipInfo(f"{number.get(stem, stem)}.{suffix}", ZIP_EPOCH), content)
    return stable.getvalue()


def load(content: bytes) -> Any:
    try:
        return skops.io.loads(content, trusted=TRUSTED_TYPES)
    except UntrustedTypesFoundException as error:
        raise LabError(f"the model holds types that are not trusted ({error}): do not use it") from error
