"""Attacks that change something outside the work folder, or outlive the run."""

from common.tests.attacks.attack import BoxAttack

WRITE = """
import os, sys, glob, sysconfig
def write(path):
    try: open(path, "ab").write(b"#"); print("REACHED", path)
    except OSError: pass
"""
RUN = """
import subprocess
def run(*command):
    done = subprocess.run(command, capture_output=True)
    if done.returncode == 0: print("REACHED", command)
"""

ESCAPE = {
    "write to the system": BoxAttack(
        WRITE
        + "for folder in ('/etc', '/usr', '/usr/bin', '/', '/dev', '/box', '/proc/sys'):\n"
        + "    write(folder + '/planted')"
    ),
    "plant a .pth beside the interpreter's packages": BoxAttack(
        WRITE + "write(sysconfig.get_path('purelib') + '/planted.pth'); write(sys.executable)"
    ),
    "replace the stand-in for python": BoxAttack(
        WRITE + "write('/box/bin/python')\n"
        "for act in (os.remove, lambda p: os.chmod(p, 0o777)):\n"
        "    try: act('/box/bin/python'); print('REACHED', act)\n    except OSError: pass"
    ),
    "mount over and remount": BoxAttack(
        RUN + "run('mount', '-o', 'remount,rw', '/usr'); run('mount', '-t', 'tmpfs', 'x', '/tmp')\n"
        "run('mount', '--bind', '/tmp', '/box'); run('umount', '-l', '/box')"
    ),
    "become root in a namespace of one's own": BoxAttack(
        RUN + "run('unshare', '-r', 'true'); run('unshare', '-rm', 'true'); run('unshare', '-n', 'true')\n"
        "run('bwrap', '--ro-bind', '/', '/', 'true')"
    ),
    "become another user": BoxAttack(
        "import os\nfor act in (os.setuid, os.setgid, lambda n: os.setgroups([n])):\n"
        "    try: act(0); print('REACHED', act)\n    except OSError: pass"
    ),
    "kill everything": BoxAttack(
        "import os, signal\nfor pid in ({pid}, os.getppid(), 1, -1):\n"
        "    try: os.kill(pid, signal.SIGKILL)\n    except OSError: pass\n",
        exit_codes=None,
    ),
    "leave the memory cgroup": BoxAttack(
        WRITE + "for f in glob.glob('/sys/fs/cgroup/**/cgroup.procs', recursive=True): write(f)"
    ),
    "make a device": BoxAttack(
        "import os, stat\ntry: os.mknod('disk', 0o666 | stat.S_IFBLK, os.makedev(254, 0)); print('REACHED')\n"
        "except OSError: pass"
    ),
    "leave links that lead out": BoxAttack(
        "import os\nos.mkdir('a')\n"
        "for n, to in enumerate(('/etc/passwd', '{path}', '../../..', 'a/up/../..', '/', 'link5')):\n"
        "    os.symlink(to, f'link{n}')\n"
        "os.symlink('..', 'a/up'); os.symlink('/submission/a', 'inside'); os.mkfifo('pipe')\n"
        "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
    ),
    "leave set-user-id and unreadable files": BoxAttack(
        "import os\nopen('setuid', 'w').close(); os.chmod('setuid', 0o6755)\n"
        "open('closed', 'w').write('data'); os.chmod('closed', 0)\n"
        "os.mkdir('shut'); open('shut/file', 'w').write('data'); os.chmod('shut', 0)"
    ),
    "a daemon that rewrites the verdict": BoxAttack(
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        for n in (0, 1, 2): os.close(n)\n"
        "        while True:\n"
        "            open('daemon', 'a').write('x'); time.sleep(0.01)\n"
        "    os._exit(0)\n"
        "time.sleep(0.2)"
    ),
    "a daemon that holds stdout": BoxAttack(
        "#!/bin/sh\n(trap '' HUP TERM INT; setsid sleep 1000) & echo done", stdout="done\n"
    ),
    "take records off the channel": BoxAttack(
        "import os, threading\n"
        "for mode in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):\n"
        "    try:\n"
        "        fd = os.open('/box/started', mode | os.O_NONBLOCK)\n"
        "        if os.read(fd, 9): print('REACHED')\n"
        "    except OSError: pass\n"
        "for act in (os.remove, lambda p: os.chmod(p, 0o666)):\n"
        "    try: act('/box/started'); print('REACHED')\n    except OSError: pass\n"
        "raise SystemExit(7)",
        exit_codes=(7,),
    ),
}
