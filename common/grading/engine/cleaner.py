"""Removes all that a grading made in a Docker engine, when the grading ends, however it ends.

The grader starts it and keeps a pipe to it. The pipe closes when the grader has ended or was killed; then
whatever has the grading's label is removed, and what it has read from the pipe: an image's name a line, or
`rule` and a network device.

    python cleaner.py LABEL FOLDER
"""

import os
import shutil
import subprocess
import sys
import time

ROUNDS, PAUSE_S = 40, 0.5  # the engine may still be ending a build
COMMAND_S = 60
# Docker's words for what a label finds, and for removing it; children of images are listed before parents.
KINDS = (
    (("ps", "--all"), ("rm", "--force", "--volumes")),
    (("network", "ls"), ("network", "rm")),
    (("images", "--all"), ("rmi", "--force")),
)


def rule(action: str, device: str) -> list[str]:
    """Return the firewall's command that adds (-I) or deletes (-D): from there, nobody calls this machine."""
    words = ["-i", device, "-m", "conntrack", "!", "--ctstate", "ESTABLISHED,RELATED", "-j", "DROP"]
    return ["iptables", "-w", action, "INPUT", *words]


def docker(*words: str) -> str:
    try:
        ended = subprocess.run(
            ["docker", *words], capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout


def remove(label: str, pause_s: float = PAUSE_S) -> None:
    """Remove what has the label, until nothing new comes."""
    for _ in range(ROUNDS):
        found = False
        for listing, removing in KINDS:
            ids = docker(*listing, "--quiet", "--no-trunc", "--filter", f"label={label}").split()
            if ids:
                found = True
                docker(*removing, *dict.fromkeys(ids))
        if not found:
            return
        time.sleep(pause_s)


def main() -> None:
    label, folder = sys.argv[1:]
    lines = sys.stdin.read().splitlines()
    remove(label)
    for line in lines:
        kind, _, name = line.partition(" ")
        if kind == "image":
            docker("rmi", "--", name)
        elif kind == "rule":
            subprocess.run(rule("-D", name), capture_output=True, timeout=COMMAND_S, check=False)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    os.chdir("/")
    main()
