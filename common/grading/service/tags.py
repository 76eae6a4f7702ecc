"""Finds where a lab's image is tagged with its version, or pushed: in scripts, workflows, a Jenkinsfile, a README."""

import re
from collections.abc import Iterator
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.service.finding import walk

LONGEST_BYTES = 1 << 18
AUTOMATES = re.compile(
    r"(?i).*\.(?:sh|bat|ps1|cmd|groovy|ya?ml|toml|mk|env|py)|makefile|.*jenkins.*|justfile|taskfile.*|\.env"
)
EXPLAINS = re.compile(r"(?i).*\.(?:md|rst|txt|ipynb)|readme.*")
BUILDS = re.compile(
    r"docker(?:[-\s]+compose)?\s+(?:image\s+|buildx\s+)?(?:build|tag|push)\b|build-push-action|docker\.build|\.push\(|kaniko|image:"
)
VERSION = re.compile(  # what says which version is built
    r"rev-parse|git\s+(?:describe|log|branch)|GIT_(?:COMMIT|BRANCH|SHA|TAG)|BRANCH_NAME|CI_COMMIT\w*|github\.(?:sha|ref\w*|head_ref|run_number)|"
    r"GITHUB_(?:SHA|REF\w*|RUN_NUMBER)|COMMIT_?(?:SHA|HASH|ID)?\b|\bSHORT_SHA|BUILD_(?:NUMBER|ID|TAG)|metadata-action|steps\.meta|\bTAG\b|IMAGE_TAG|VERSION",
)
TAGGED = re.compile(  # an image's name with a tag that is put in: app:$TAG, app:${{ github.sha }}, f"app:{sha}"
    r"(?:-t|--tag|tags?:|image:|docker\s+tag|docker\.build|=)[^\n]{0,200}?[\w/.)}\"'-]:\s*['\"]?\$?\{{0,2}[\s\w.]*?(?:%s)"
    % VERSION.pattern,
    re.I,
)
META = re.compile(r"docker/metadata-action|tags:\s*\|?\s*\$\{\{\s*steps\.meta", re.I)
PUSHED = re.compile(
    r"docker(?:[-\s]+compose)?\s+(?:image\s+)?push\b|docker\s+buildx\s+build\b[^\n]{0,300}--push|\bpush:\s*['\"]?true|\.push\(|"
    r"hub\.docker\.com/(?:r|repository|u)/[\w-]+|docker\s+pull\s+[\w.-]+/[\w./-]+|ghcr\.io/[\w.-]+/[\w./-]+"
)
COMMENT = re.compile(r"(?m)^\s*(?:#|//|::|REM\b).*$")
OTHER_LAB = re.compile(r"(?:^|/)(?:lab|hw|task|lr)[\s_-]?[0-24-9]\b", re.I)


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
