"""A repository of a student in the making: git and DVC typed in it, DVC's commands in this one process."""

import os
import shutil
import subprocess
from pathlib import Path

SETTINGS = {
    "HOME": "/nowhere",
    "GIT_CONFIG_NOSYSTEM": "1",
    "DVC_NO_ANALYTICS": "1",
    "DVC_NO_UPDATE": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "a"), ("EMAIL", "a@b.c"))
    },
}


class Work:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.minute = 0
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, text: str = "") -> str:
        when = f"2024-04-01T12:{self.minute // 60:02}:{self.minute % 60:02}+0000"
        env = os.environ | SETTINGS | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        command = ["git", "-c", "protocol.file.allow=always", *words]
        return subprocess.run(
            command, cwd=self.root, env=env, check=True, capture_output=True, input=text, text=True
        ).stdout

    def dvc(self, *words: str, folder: str = ".") -> None:
        """Type `dvc words`; by its own entry point, in this process, since each start costs a second."""
        from dvc.cli import main

        before = Path.cwd()
        os.chdir(self.root / folder)
        try:
            code = main([words[0], "-q", *words[1:]])
        finally:
            os.chdir(before)
        assert code == 0, words

    def write(self, path: str, content: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, subject: str, tag: str = "") -> None:
        self.minute += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        if tag:
            self.git("tag", "-a", tag, "-m", tag)

    def keep(self, path: str, content: str | bytes, subject: str, tag: str = "") -> None:
        """Make a version: write it, dvc add, git commit."""
        self.write(path, content)
        self.dvc("add", Path(path).name, folder=str(Path(path).parent))
        self.commit(subject, tag)

    def remove(self, *paths: str) -> None:
        for path in paths:
            target = self.root / path
            if target.is_dir():
                for folder in (target, *target.rglob("*")):
                    if folder.is_dir():
                        folder.chmod(0o755)
                shutil.rmtree(target)
            else:
                target.unlink()
