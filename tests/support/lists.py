"""Test lists made up for tests, in every form that they may come in."""

import csv
import gzip
import io
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HEADER = ["url", "category_code", "category_description", "date_added", "source", "notes"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def listed(rows: Iterable[tuple[str, str]], header: list[str] = HEADER) -> bytes:
    """One list from addresses and categories."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([url, code, "", "2026-01-01", "a test", "a note, with a comma"] for url, code in rows)
    return text.getvalue().encode()


def lists(count: int = 40, mark: str = "a") -> dict[str, bytes]:
    """A global list and those of two countries: `count` addresses in all, which `mark` tells from others."""
    shares = {"global.csv": count // 2, "it.csv": count // 4, "br.csv": count - count // 2 - count // 4}
    return {
        name: listed((f"https://{mark}{i}.{name[:2]}.example/", "NEWS") for i in range(share))
        for name, share in shares.items()
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The lists as a folder with `lists` in it."""
    target = folder / "lists"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.csv"):
        old.unlink()
    for name, content in files.items():
        (target / name).write_bytes(content)
    return folder


def tarball(files: Mapping[str, bytes], *, top: str = "test-lists-master/", packed: bool = True) -> bytes:
    """An archive as code hosting sites make it, with the commit in its head."""
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": COMMIT}
    ) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{top}lists/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(out.getvalue(), 1) if packed else out.getvalue()


def zipped(files: Mapping[str, bytes], *, top: str = "test-lists-master/") -> bytes:
    """The same as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = COMMIT.encode()
        for name, content in files.items():
            archive.writestr(f"{top}lists/{name}", content)
    return out.getvalue()


def git(folder: Path, *arguments: str) -> str:
    """Run git there, without any configuration of the person who runs the tests."""
    person = {f"GIT_{role}_{what}": "test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    plain = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder), **person}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=plain, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, bytes]) -> str:
    """Commit lists to the repository `folder`, made where there is none; the id of the commit."""
    folder.mkdir(exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    write_folder(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "lists")
    return git(folder, "rev-parse", "HEAD")
