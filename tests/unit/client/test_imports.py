"""The client can be taken into any program: it brings nothing of the server."""

import subprocess
import sys

LOADING = """
import sys
import oonib.client
print("\\n".join(sys.modules))
"""


def test_nothing_of_the_server_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.split(".")[0] == "oonib"}
    assert "oonib.client.client" in ours
    assert {name for name in ours if not name.startswith("oonib.client")} == {"oonib"}
    heavy = ("fastapi", "starlette", "pydantic", "clickhouse_connect", "chdb", "lmdb", "obstore", "pandas")
    assert not loaded.intersection(heavy)
