#!/usr/bin/env bash
# The agent's first process: makes the pair of keys that it shares with the server, then waits for it by ssh.
set -euo pipefail
[[ -s /keys/agent ]] || ssh-keygen -q -t ed25519 -N '' -C agent -f /keys/agent
ssh-keygen -A
# The server runs as user 1000 too. Nobody else sees this volume.
chown 1000:1000 /keys/agent
echo ready >/keys/ready
exec /usr/sbin/sshd -D -e -o AuthorizedKeysFile=/keys/agent.pub -o PasswordAuthentication=no \
    -o KbdInteractiveAuthentication=no -o PermitRootLogin=no -o AllowUsers=jenkins -o StrictModes=no
