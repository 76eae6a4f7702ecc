"""Attacks that read what is not theirs. {secret}, {port}, {name} and {pid} are filled in by the test."""

from common.tests.attacks.attack import BoxAttack

# SHOWN is what the box shows on purpose.
WALK = """
import os, stat, sys
SHOWN = {"/proc", "/sys", "/usr", "/box", sys.prefix, sys.base_prefix}
def walk():
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in SHOWN]
        yield from (os.path.join(folder, file) for file in files)
"""
# An interpreter may live in a home folder: then the folders on the way to it are there, and nothing else.
HOMES = """
import os, sys
pythons = {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}
def look(folder):
    for path in (os.path.join(folder, name) for name in os.listdir(folder)):
        if any(python.startswith(path + "/") for python in pythons): look(path)
        elif path not in pythons: print("REACHED", path)
for home in filter(os.path.isdir, ("/home", "/root")): look(home)
"""
SEARCH = """
def search(paths):
    for path in paths:
        try:
            if b"{secret}" in open(path, "rb").read(1 << 20): print("REACHED", path)
        except OSError: pass
"""

LEAK = {
    "read the rubric": BoxAttack(
        WALK
        + "SHOWN -= {sys.prefix, sys.base_prefix}  # as a package beside the others\n"
        + "places = [p for p in walk() if p.endswith(('/test_lab1.py', '/common/grading/sandbox.py'))]\n"
        + "places += filter(os.path.exists, ('{repository}/common', '{repository}/lab1'))\n"
        + "print(*['REACHED ' + p for p in places])"
    ),
    "read other submissions": BoxAttack(
        WALK + SEARCH + "search(p for p in walk() if p.endswith('.txt') and os.path.isfile(p))"
    ),
    "read the other submission by its path": BoxAttack(SEARCH + "search(['{path}'])"),
    "read secrets of the environment": BoxAttack(
        SEARCH
        + "import glob, os\n"
        + "if '{secret}' in str(os.environ): print('REACHED')\n"
        + "search(glob.glob('/proc/*/environ'))"
    ),
    "read the parent's memory": BoxAttack(
        "try:\n    open('/proc/{pid}/maps').read(); open('/proc/{pid}/mem', 'rb'); print('REACHED')\n"
        "except OSError: pass"
    ),
    "see the parent's processes": BoxAttack(
        "import glob\n"
        "for path in glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    line = open(path).read()\n"
        "    if 'pytest' in line: print('REACHED', line)"
    ),
    "list home folders": BoxAttack(HOMES),
    "read ssh keys and tokens": BoxAttack(
        WALK
        + "print(*['REACHED ' + p for p in walk() if os.path.basename(p) in "
        + "('id_rsa', 'id_ed25519', 'authorized_keys', '.netrc', '.git-credentials', 'shadow', '.pypirc')])"
    ),
    "find a socket of docker or another service": BoxAttack(
        WALK + "print(*['REACHED ' + p for p in walk() if stat.S_ISSOCK(os.lstat(p).st_mode)])"
    ),
    "connect to the host's loopback": BoxAttack(
        "import socket\n"
        "try: socket.create_connection(('127.0.0.1', {port}), 2); print('REACHED')\nexcept OSError: pass"
    ),
    "connect to an abstract socket": BoxAttack(
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "try: s.connect('\\0{name}'); print('REACHED')\nexcept OSError: pass"
    ),
    "connect to the outside": BoxAttack(
        "import socket\nfor address in ('1.1.1.1', '8.8.8.8', '169.254.169.254', '192.168.0.1'):\n"
        "    try: socket.create_connection((address, 80), 1); print('REACHED')\n    except OSError: pass\n"
        "try: socket.getaddrinfo('pypi.org', 443); print('REACHED')\nexcept OSError: pass"
    ),
    "use what the parent left open": BoxAttack(
        "import os\nprint(*[f'REACHED {n}' for n in os.listdir('/proc/self/fd') if int(n) > 3])\n"
        "for n in range(3, 256):\n"
        "    try: os.fstat(n); print('REACHED', n)\n    except OSError: pass"
    ),
    "read the kernel's log and disks": BoxAttack(
        "import glob\nplaces = ['/dev/kmsg', '/proc/kmsg', '/proc/kcore', *glob.glob('/dev/[vs]d*')]\n"
        "for path in places:\n"
        "    try: open(path, 'rb').read(1); print('REACHED', path)\n    except OSError: pass"
    ),
}
