"""A real S3 server on loopback for tests (moto in a process of its own), which can be stopped."""

import contextlib
import subprocess
import sys
import time
import urllib.request
from types import TracebackType
from typing import Self

from oonib.objects import ObjectStore

from support.processes import free_port

_START_SECONDS = 30.0


class S3Server:
    """One server. Its objects live as long as its process."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What goes into `s3_endpoint_url`."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start on the same port as before, empty, and wait until it answers."""
        command = [sys.executable, "-c", "from moto.server import main; main()"]
        command += ["-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=5).close()
                return
            time.sleep(0.05)
        raise RuntimeError("the S3 server did not start")

    def stop(self) -> None:
        """End the process; everything stored is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def make_bucket(self, name: str) -> None:
        """Create a bucket."""
        request = urllib.request.Request(f"{self.url}/{name}", method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def open(self, bucket: str, prefix: str = "") -> ObjectStore:
        """The program's own door to a bucket of this server."""
        url = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
        return ObjectStore.open(
            url,
            endpoint_url=self.url,
            access_key="test",
            secret_key="test",
            region="us-east-1",
            data_dir=None,
        )
