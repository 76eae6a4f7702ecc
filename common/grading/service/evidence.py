"""The evidence about a lab's service: one trial of it, or two where its model had to be made first."""

import sys
import tempfile
from functools import cached_property
from pathlib import Path

from packaging.utils import canonicalize_name

from common.grading.service import installed
from common.grading.service.finding import find
from common.grading.service.judging import Judged
from common.grading.service.making import Made, make, makers
from common.grading.service.sources import Source, read_sources
from common.grading.service.tags import evidence_of_version
from common.grading.service.trial import NETWORK, Trial, build, start
from common.grading.service.workshop import Workshop

# Modules whose package has another name.
PACKAGES = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "skimage": "scikit-image",
}


class ServiceEvidence:
    def __init__(self, workshop: Workshop, root: Path, lab: Path, scratch: Path) -> None:
        self.workshop, self.box = workshop, workshop.box
        self.root, self.lab, self.scratch = root.resolve(), lab.resolve(), scratch
        self.made: Made | None = None

    @cached_property
    def sources(self) -> list[Source]:
        return read_sources(self.lab)

    @cached_property
    def found(self):
        return find(self.root, self.lab)

    @cached_property
    def trial(self) -> Trial:
        """The service as it was handed in; when a file is missing, after its own scripts have run."""
        trial = build(self.workshop, self.root, self.lab, self._folder("image"))
        if not trial.missing or not makers(self.lab):
            start(trial, self.workshop, self.lab, self._folder("work"))
        if not trial.misses_file or trial.cannot:
            return trial
        made = make(self.box, self.root, self.lab, self._folder("making"))
        if made is not None:
            lab = made.root / self.lab.relative_to(self.root)
            again = build(self.workshop, made.root, lab, self._folder("image"))
            start(again, self.workshop, lab, self._folder("work"))
            if _worth(again) > _worth(trial):
                self.made = made
                return again
        if trial.run is None:
            start(trial, self.workshop, self.lab, self._folder("work"))
        return trial

    def _folder(self, name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))
        folder.chmod(0o755)  # the box runs as another user
        return folder

    @property
    def judged(self) -> list[Judged]:
        return list(self.trial.judged.values())

    def lacking(self) -> list[str]:
        """Return the modules that the images lack and this machine's interpreter happens to have."""
        if self.workshop.has_own_packages:
            return []
        if self.box.python.executable != Path(sys.executable).absolute():  # --requirements has shown it
            return []
        return sorted({module for launch in self.trial.launches for module in installed.missing(launch)})

    def asks_for(self, module: str) -> bool:
        """Whether an image that lacks a module installs its package, only not here."""
        if self.workshop.has_own_packages:
            return False
        top = module.partition(".")[0]
        package = canonicalize_name(PACKAGES.get(top, top))
        return any(
            package in installed.names(image) or image.installs_otherwise
            for image in self.trial.images.values()
        )

    def asks_for_network(self, worst: Judged) -> bool:
        """Whether what it lacks to answer is the network, and not another service of its own."""
        if self.box.network or self.trial.failed or self.trial.found.pulled or not self.trial.run:
            return False
        said = worst.found if worst.kind == "page" else worst.found + self.trial.run.stderr
        return bool(NETWORK.search(said))

    def has_pins(self) -> bool:
        """Whether versions are asked for that this machine's interpreter need not have."""
        return not self.workshop.has_own_packages and any(
            requirement.specifier
            for image in self.trial.images.values()
            for requirement in installed.requirements(image)
        )

    def withheld(self) -> list[tuple[str, str]]:
        """Return the services that ask an engine for rights over this machine, and which: nobody has them."""
        if not self.workshop.has_own_packages:
            return []
        found, root = self.trial.found, self.made.root if self.made else self.root
        asked = []
        for service in (one.service for one in found.builds):
            mounted = [source for source, _ in service.volumes] if found.compose else []
            outside = [
                one for one in mounted if not (found.compose.parent / one).resolve().is_relative_to(root)
            ]
            asked += [(service.name, right) for right in (*service.rights, *outside)]
        return asked

    def version_file(self) -> str:
        return evidence_of_version(self.root, self.lab)


def _worth(trial: Trial) -> tuple[bool, bool, int, int]:
    """Order trials: one that builds and listens first, then by how it answers."""
    complete = not trial.missing
    answers = [one.answers for one in trial.judged.values()]
    return (
        bool(trial.ports),
        complete,
        min(answers, default=0),
        sum(one.bad_input for one in trial.judged.values()),
    )
