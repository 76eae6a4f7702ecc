"""What an attack is: the files of a small submission, and how the box must take it.

An attack that reaches its aim prints REACHED; the tests also run some of them without a box, to see that
they would.
"""

from dataclasses import dataclass

REACHED = "REACHED"


@dataclass(frozen=True)
class BoxAttack:
    """A program for the box alone; `stopped` and `exit_codes` are what it may end with."""

    program: str  # Python, or shell when it begins with #!/bin/sh
    stopped: tuple[str, ...] = ("",)
    exit_codes: tuple[int, ...] | None = (0,)  # None: any
    stdout: str | None = None  # what it must have printed
    limits: tuple[tuple[str, int], ...] = ()  # other limits than the test's

    def command(self, file: str) -> list[str]:
        """Return what runs the program when it is in `file`."""
        return ["sh", file] if self.program.startswith("#!/bin/sh") else ["python", file]
