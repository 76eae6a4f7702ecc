"""The system calls that the box refuses, as the filter program that bwrap gives to the kernel.

shmget makes memory that belongs to no process and to no file, so that no watchdog could count it. The others
are of no use to a lab, and the usual way into the kernel of those who look for one.
"""

import errno
import os
import platform
import struct

# https://github.com/torvalds/linux: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h
COMMON = (425,)  # io_uring_setup
REFUSED = {
    # AUDIT_ARCH, then shmget, add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd
    "x86_64": (0xC000003E, (29, 248, 249, 250, 298, 321, 323, *COMMON)),
    "aarch64": (0xC00000B7, (194, 217, 218, 219, 241, 280, 282, *COMMON)),
}
X32 = 0x40000000  # the bit of the other call numbers that x86_64 has

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: linux/bpf_common.h
NUMBER, ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.ENOSYS


def filter_program(machine: str = platform.machine()) -> bytes:
    """Return the program, or b"" for a machine whose numbers we do not know."""
    if machine not in REFUSED:
        return b""
    architecture, refused = REFUSED[machine]
    to_refuse = len(refused) + 2  # from the first comparison of numbers to the last instruction
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 0, to_refuse + 1, architecture),
        (LOAD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, to_refuse - 1, 0, X32),
    ]
    for index, number in enumerate(refused):
        program.append((JUMP_EQUAL, len(refused) - index, 0, number))
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in program)


def open_filter() -> int:
    """Return an open file with the program at its beginning."""
    descriptor = os.memfd_create("filter")
    os.write(descriptor, filter_program())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
