"""The filter of system calls, run here instruction by instruction as the kernel does."""

import struct

import pytest

from common.grading.box.syscalls import filter_program

REFUSE, ALLOW = 0x00050000 | 38, 0x7FFF0000


def verdict(program: bytes, architecture: int, number: int) -> int:
    """Run the four instructions that the filter is made of, as the kernel does."""
    instructions = list(struct.iter_unpack("HBBI", program))
    position, value = 0, 0
    while True:
        code, if_true, if_false, constant = instructions[position]
        position += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = {0: number, 4: architecture}[constant]
        else:
            holds = value == constant if code == 0x15 else value >= constant
            position += if_true if holds else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "refused", "allowed"),
    [
        ("x86_64", 0xC000003E, (29, 248, 250, 321, 323, 425, 0x40000000), (0, 1, 28, 30, 59, 319, 435)),
        ("aarch64", 0xC00000B7, (194, 217, 219, 280, 282, 425), (0, 63, 195, 221, 279, 435)),
    ],
)
def test_filter_refuses_these_calls_and_no_others(machine, architecture, refused, allowed):
    program = filter_program(machine)
    assert {verdict(program, architecture, number) for number in refused} == {REFUSE}
    assert {verdict(program, architecture, number) for number in allowed} == {ALLOW}


def test_filter_refuses_the_calls_of_another_architecture():
    assert verdict(filter_program("x86_64"), 0x40000003, 1) == REFUSE


def test_machine_that_is_not_known_has_no_filter():
    assert filter_program("riscv64") == b""
