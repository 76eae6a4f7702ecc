"""The imitation of Jenkins as a program for Java: compiled once, and kept.

Groovy compiles a script each time that it runs it, which takes longer than most of the builds: a start costs
3.0 s of processor time from the sources and 1.7 s from the compiled classes.
"""

import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from common.atomic import replace_file
from common.grading.cache import cache_folder
from common.grading.texts import text
from common.stage import LabError

SCRIPTS = Path(__file__).with_name("jenkinsfile")
ORDER = ("shell", "build", "steps", "blocks", "declarative", "check", "main")  # classes, then main
MAIN_CLASS, COMPILER = "Imitation", "org.codehaus.groovy.tools.FileSystemCompiler"
GROOVY = Path("/usr/share/java/groovy-all.jar")
JAVAS = (Path("/usr/lib/jvm/default-java/bin/java"), Path("/usr/bin/java"))  # below /usr: the box has that
INSTALL = "sudo apt-get install groovy default-jre-headless"
# A short program: quick to start, with one thread for its compiler and one for its garbage.
JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx192m", "-Xss2m")


def missing() -> str:
    """Return what keeps Groovy from running here, "" when nothing does."""
    absent = [str(path) for path in (GROOVY, JAVAS[-1]) if not path.exists()]
    return text("'{path}' is not there: {install}", path=absent[0], install=INSTALL) if absent else ""


def command(jar: str, *arguments: str) -> list[str]:
    """Return the command that runs the imitation from `jar`, which is `compiled()` or a copy of it."""
    return [str(_java()), *JAVA_OPTIONS, "-cp", f"{GROOVY}:{jar}", MAIN_CLASS, *arguments]


@functools.cache
def compiled() -> Path:
    """Return the jar with the imitation; another one for other sources, another Groovy or another Java."""
    source = "\n".join((SCRIPTS / f"{name}.groovy").read_text(encoding="utf-8") for name in ORDER)
    groovy = GROOVY.stat()
    made_of = (source, groovy.st_size, groovy.st_mtime_ns, os.path.realpath(_java()))
    jar = _folder() / f"{hashlib.sha256(repr(made_of).encode()).hexdigest()[:20]}.jar"
    if not jar.exists():
        _compile(source, jar)
    return jar


def _compile(source: str, jar: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="imitation-") as folder:
        script, classes = Path(folder, f"{MAIN_CLASS}.groovy"), Path(folder, "classes")
        script.write_text(source, encoding="utf-8")
        compiler = [str(_java()), *JAVA_OPTIONS, "-cp", str(GROOVY), COMPILER]
        done = subprocess.run(
            [*compiler, "-d", str(classes), str(script)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["nothing"])[0]
            raise LabError(
                text("Groovy does not run here, it says '{said}': {install}", said=said, install=INSTALL)
            )
        packed = shutil.make_archive(f"{folder}/packed", "zip", classes)
        with replace_file(jar) as temporary:
            shutil.copyfile(packed, temporary)


def _java() -> Path:
    return next((path for path in JAVAS if path.exists()), JAVAS[-1])


def _folder() -> Path:
    """Return the cache, or where that cannot be written a folder for as long as this process lives."""
    folder = cache_folder() / "jenkins"
    with suppress(OSError, RuntimeError):  # a home that is read-only, or that there is none
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    return Path(_own_folder().name)


@functools.cache
def _own_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="imitation-")
