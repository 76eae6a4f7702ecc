"""Attacks that use up the machine or the grader's time. The test's limits are small; see its LIMITS."""

from common.tests.attacks.attack import BoxAttack

ANY_ERROR = None
SHORT = (("wall_s", 1),)

DENY = {
    "fork bomb": BoxAttack(
        "import os, time\n"  # a shell's bombs die of "Cannot fork", perhaps before they are counted
        "while True:\n    try: os.fork()\n    except OSError: time.sleep(0.1)",
        ("processes", "memory"),
        ANY_ERROR,
    ),
    "threads without end": BoxAttack(
        "import threading, time\n"
        "try:\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "except RuntimeError: print('held', flush=True)\n"
        "import os; os._exit(0)",
        stdout="held\n",
    ),
    "memory in one process": BoxAttack("x = bytearray(10 << 30)", ("", "memory"), (1, 137)),
    "memory in many processes": BoxAttack(
        "import os, time\n"
        "for _ in range(20):\n    if os.fork() == 0:\n        x = b'x' * (60 << 20); time.sleep(60)\n"
        "time.sleep(60)",
        ("memory",),
        (137,),
    ),
    "memory in no process": BoxAttack(
        "import os\nfds = [os.memfd_create(str(n)) for n in range(40)]\n"
        "while True:\n"
        "    for fd in fds: os.write(fd, b'x' * (1 << 20)) if os.fstat(fd).st_size < 12 << 20 else 0",
        ("memory",),
        (137,),
    ),
    "memory in segments without a process": BoxAttack(
        "import ctypes\nc = ctypes.CDLL(None)\nc.shmat.restype = ctypes.c_void_p\n"
        "for _ in range(40):\n"
        "    segment = c.shmget(0, 20 << 20, 0o1600)\n"
        "    if segment < 0: print('held'); break\n"
        "    place = c.shmat(segment, None, 0); ctypes.memset(place, 1, 20 << 20); c.shmdt(place)",
        stdout="held\n",
    ),
    "memory shared between processes": BoxAttack(
        "import mmap, os, time\nkept = []\nwhile True:\n"
        "    m = mmap.mmap(-1, 20 << 20); m.write(b'x' * (20 << 20)); kept.append(m)",
        ("memory", ""),
        (1, 137, 135),
    ),
    "endless stdout": BoxAttack("#!/bin/sh\nyes", ("output",), (137,)),
    "endless stderr": BoxAttack("#!/bin/sh\nyes >&2", ("output",), (137,)),
    "one endless line": BoxAttack("#!/bin/sh\ncat /dev/zero", ("output",), (137,)),
    "flood the channel": BoxAttack("#!/bin/sh\nyes >/box/started", ("output",), (137,)),
    "fill the disk": BoxAttack(
        "n = 0\nwhile True:\n    n += 1\n    with open(f'f{n}', 'wb') as f: f.write(b'x' * (10 << 20))",
        ("disk", ""),
        (1, 137),
    ),
    "sparse petabyte": BoxAttack(
        "f = open('big', 'wb')\ntry: f.truncate(1 << 50)\nexcept OSError: print('held')", stdout="held\n"
    ),
    "many sparse files": BoxAttack(
        "for n in range(1000):\n    with open(f's{n}', 'wb') as f: f.truncate(10 << 20)"
    ),
    "one file under a thousand names": BoxAttack(
        "import os\nopen('f', 'wb').write(b'x' * (5 << 20))\nfor n in range(1000): os.link('f', f'l{n}')"
    ),
    "a million files": BoxAttack(
        "import os\nfor n in range(1_000_000): os.close(os.open(f'f{n}', os.O_CREAT))", ("files",), (137,)
    ),
    "a million files in /tmp": BoxAttack(
        "import os\nfor n in range(1_000_000): os.symlink('x', f'/tmp/f{n}')", ("files",), (137,)
    ),
    "deep folders": BoxAttack(
        "import os\nfor n in range(1500): os.mkdir('d'); os.chdir('d')\nopen('f', 'w').write('x')"
    ),
    "long and strange names": BoxAttack(
        "import os\nfor n in (b'\\xff\\xfe', b'new\\nline', b'-rf', b' ', b'x' * 255): open(n, 'w').close()\n"
        "for _ in range(10): os.mkdir('y' * 250); os.chdir('y' * 250)"
    ),
    "links in circles": BoxAttack(
        "import os\nfor n in range(500): os.symlink(f'l{(n + 1) % 500}', f'l{n}')\nos.symlink('.', 'self')"
    ),
    "output that is not text": BoxAttack(
        "import os\nos.write(1, b'\\xff\\x00\\x1b[2J\\n'); os.write(2, bytes(range(256)))",
        stdout="\ufffd\0\x1b[2J\n",
    ),
    "segmentation fault": BoxAttack("import ctypes; ctypes.string_at(0)", exit_codes=(139,)),
    "wait for input": BoxAttack(
        "print(repr(input() if 0 else __import__('sys').stdin.read()))", stdout="''\n"
    ),
    "sleep": BoxAttack(
        "import time\nprint('before', flush=True)\ntime.sleep(1000)", ("time",), (137,), "before\n", SHORT
    ),
    "work for ever in many processes": BoxAttack(
        "#!/bin/sh\nfor n in 1 2 3 4; do while :; do :; done & done; wait", ("time",), (137,), limits=SHORT
    ),
    "work beyond the CPU limit": BoxAttack("while True: pass", ("cpu",), (152,), limits=(("cpu_s", 1),)),
    "work for ever": BoxAttack("while True: pass", ("time",), (137,), limits=SHORT),
    "ignore every signal": BoxAttack(
        "import signal, time\n"
        "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)\n"
        "while True: time.sleep(1)",
        ("time",),
        (137,),
        limits=SHORT,
    ),
    "close the outputs and go on": BoxAttack(
        "import os, time\nfor n in (0, 1, 2): os.close(n)\ntime.sleep(1000)", ("time",), (137,), limits=SHORT
    ),
    "stop oneself": BoxAttack("#!/bin/sh\nkill -STOP $$", ("time",), (137,), limits=SHORT),
    "a thousand orphans": BoxAttack(
        "#!/bin/sh\nn=0\nwhile [ $n -lt 1000 ]; do (true &); n=$((n + 1)); done; echo done", stdout="done\n"
    ),
    "fill /dev/shm": BoxAttack(
        "import os\nn = 0\nwhile True:\n    n += 1\n    open(f'/dev/shm/{n}', 'wb').write(b'x' * (10 << 20))",
        ("memory", ""),
        (1, 137),
    ),
    "fill /tmp": BoxAttack(
        "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'wb').write(b'x' * (10 << 20))",
        ("memory", ""),
        (1, 137),
    ),
}
