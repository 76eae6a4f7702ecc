"""The git folders of a submission: the history stays, nothing of it runs."""

import os
import subprocess
from pathlib import Path

from common.grading.submission import open_submission


def git(folder: Path, *command: str) -> str:
    env = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "GIT_CONFIG_NOSYSTEM": "1"}
    options = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(
        ["git", *options, *command], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_git_history_stays_and_nothing_of_it_runs(tmp_path):
    repo, proof = tmp_path / "in", tmp_path / "proof"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    (repo / "a.py").write_text("1")
    git(repo, "add", "a.py")
    git(repo, "commit", "-qm", "first")
    hook = repo / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {proof}\n")
    hook.chmod(0o755)
    for key, value in {
        "core.fsmonitor": f"touch {proof}",
        "core.hooksPath": "hooks",
        "core.worktree": "/",
        "alias.status": f"!touch {proof}",
        "filter.x.smudge": f"touch {proof}",
        "include.path": "/etc/passwd",
        "remote.origin.url": f"ext::touch {proof}",
    }.items():
        git(tmp_path, "config", "-f", str(repo / ".git/config"), key, value)
    git(tmp_path, "config", "-f", str(repo / ".git/config"), "remote.up.url", "https://example.org/a.git")
    (repo / ".git/objects/info/alternates").write_text("/somewhere/objects\n")
    opened = open_submission(repo, tmp_path / "out")
    (opened.root / "a.py").write_text("2")
    assert git(opened.root, "status", "--short") == " M a.py\n"
    git(opened.root, "checkout", "-q", "main", "--", "a.py")
    assert (opened.root / "a.py").read_text() == "1"
    assert git(opened.root, "log", "--format=%s") == "first\n"
    assert git(opened.root, "config", "--local", "--get-regexp", r"url|alias|filter|fsm|hooks|worktree") == (
        "remote.up.url https://example.org/a.git\n"
    )
    assert not proof.exists()
    assert "left out the git hooks in '.git': post-checkout" in opened.notes
    assert "left out the git setting 'core.fsmonitor' in '.git'" in opened.notes
    assert "left out '.git/objects/info/alternates': it points outside" in opened.notes


def test_git_folder_in_disguise_is_disarmed_too(tmp_path):
    bare = tmp_path / "in/lab1/data"  # git takes any such folder for a bare repository
    (bare / "refs").mkdir(parents=True)
    (bare / "objects").mkdir()
    (bare / "HEAD").write_text("ref: refs/heads/main\n")
    (bare / "config").write_text(
        '[core]\n\tbare = true\n\tfsmonitor = "touch /tmp/x"\n[alias "a"] b = !c\n\td = e\n'
    )
    (tmp_path / "in/lab2").mkdir()
    (tmp_path / "in/lab2/.git").write_text("gitdir: /somewhere/.git\n")
    root = open_submission(tmp_path / "in", tmp_path / "out").root
    assert (root / "lab1/data/config").read_text() == "[core]\n\tbare = true\n"
    assert not (root / "lab2/.git").exists()
