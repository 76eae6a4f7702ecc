"""Finds where a lab's image is tagged with its version or pushed: scripts, workflows, a README."""

import re
from collections.abc import Iterator
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.service.finding import walk

LONGEST_BYTES = 1 << 16
AUTOMATES = re.compile(
    r"(?i).*\.(?:sh|bat|ps1|cmd|groovy|ya?ml|toml|mk|env|py)|makefile|.*jenkins.*|justfile|taskfile.*|\.env"
)
EXPLAINS = re.compile(r"(?i).*\.(?:md|rst|txt|ipynb)|readme.*")
BUILDS = re.compile(
    r"docker(?:[-\s]+compose)?\s+(?:image\s+|buildx\s+)?(?:build|tag|push)\b|build-push-action|docker\.build"
    r"|\.push\(|kaniko|image:"
)
SOURCE = (  # what says which version is built
    r"rev-parse|git\s+(?:describe|log|branch)|BRANCH_NAME|CI_COMMIT\w*|github\.(?:sha|ref\w*|head_ref|run_number)"
    r"|GITHUB_(?:SHA|REF\w*|RUN_NUMBER)|\w*COMMIT\w*|\w*_SHA\b|\bSHA\w*|\w*BRANCH\w*|\w*HASH\b|\bBUILD_\w+"
    r"|\w*TAG\b|\w*VERSION\b|steps\.meta"
)
# an image's name with a tag that is put in: app:$TAG, app:${{ github.sha }}, f"app:{sha}"
TAGGED = re.compile(
    r"(?:-t|--tag|tags?:|image:|docker\s+tag|docker\.build|=)[^\n]{0,150}?[\w/.)}\"'-]:\s{0,9}['\"]?"
    r"(?:\$\(|`|\$?\{{1,2}|\$)[\s\w.]{0,40}?(?:" + SOURCE + ")",
    re.I,
)
META = re.compile(r"docker/metadata-action|tags:\s*\|?\s*\$\{\{\s*steps\.meta", re.I)
PUSHED = re.compile(
    r"docker(?:[-\s]+compose)?\s+(?:image\s+)?push\b|docker\s+buildx\s+build\b[^\n]{0,300}--push|\.push\("
    r"|\bpush:\s*['\"]?true|hub\.docker\.com/(?:r|repository|u)/[\w-]+|ghcr\.io/[\w.-]+/[\w./-]+"
    r"|docker\s+pull\s+[\w.-]+/[\w./-]+"
)
COMMENT = re.compile(r"(?m)^\s*(?:#|//|::|REM\b).*$")


def evidence_of_version(root: Path, lab: Path) -> str:
    """Return where the image's version or its push is: a file, relative to the root; "" when nowhere."""
    for path in _files(root, lab):
        if path.stat().st_size > LONGEST_BYTES:
            continue
        content = decode(path.read_bytes())
        name = path.relative_to(root).as_posix()
        if AUTOMATES.fullmatch(path.name):
            content = COMMENT.sub("", content)
            builds = BUILDS.search(content)
            if builds and (TAGGED.search(content) or META.search(content) or PUSHED.search(content)):
                return name
        elif EXPLAINS.fullmatch(path.name) and (PUSHED.search(content) or TAGGED.search(content)):
            return name
    return ""


def _files(root: Path, lab: Path) -> Iterator[Path]:
    """Yield the lab's files, then those of the root that may build it."""
    yield from walk(lab)
    if lab == root:
        yield from _workflows(root)
        return
    for path in [*sorted(root.iterdir()), *_workflows(root)]:
        is_about_it = path.is_file() and not path.is_symlink() and path.stat().st_size <= LONGEST_BYTES
        if is_about_it and lab.name.lower() in decode(path.read_bytes()).lower():
            yield path


def _workflows(root: Path) -> list[Path]:
    folder = root / ".github" / "workflows"
    if not folder.is_dir() or folder.is_symlink():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()]
