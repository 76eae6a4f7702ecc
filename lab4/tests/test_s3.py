"""The versions in S3: pushed and pulled with endpoint and credentials from the environment alone."""

import contextlib
import socket
import subprocess
import time

import botocore.session
import pytest

from common.tests.tools import require

SECRET = "made-up-4d1f9b"  # noqa: S105 - what must not be found in any file
KEYS = {"AWS_ACCESS_KEY_ID": "ann", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
BUCKET = "titanic"
START_S = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def s3():
    """Start an S3 with one bucket; give the environment that leads to it."""
    port = free_port()
    command = [require("moto_server"), "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert server.poll() is None
            time.sleep(0.05)
        endpoint = f"http://127.0.0.1:{port}"
        client = botocore.session.get_session().create_client(
            "s3",
            region_name=KEYS["AWS_DEFAULT_REGION"],
            endpoint_url=endpoint,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SECRET,
        )
        client.create_bucket(Bucket=BUCKET)
        yield KEYS | {"AWS_ENDPOINT_URL": endpoint}
        client.close()
    finally:
        server.terminate()
        server.wait()


@pytest.mark.thorough
def test_versions_go_to_s3_and_come_back(s3, stage, tmp_path):
    ended = stage("build_versions", "--remote", f"s3://{BUCKET}/lab4", **s3)
    assert ended.code == 0, ended.err
    ended = stage("switch_versions", **s3)
    assert ended.code == 0, ended.err
    assert "3ec755b87f397327d96ae6d3f68fb2ef" in ended.err
    assert not (tmp_path / "remote").exists()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []

    ended = stage("switch_versions", **s3 | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"})
    assert (ended.code, ended.out) == (1, "")
    assert (
        "getting 'data/titanic.csv' of version 'v1-selected' from the remote failed (Could not connect"
        in (ended.err)
    )
