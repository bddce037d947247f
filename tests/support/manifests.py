"""A packed and sealed archive without servers, for tests of manifests, verification and removal."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from oonib.archive import Packer, PackSummary
from oonib.archive.manifests import Manifest, Manifests, Scoring
from oonib.objects import ObjectStore
from oonib.spool import Limits, Spool

from support.archiving import START, TableOfLines, post, score_everything, submit_all

SCORING = Scoring("1.0", "snapshot")


class Sealed:
    """A spool and an archive in a folder; `pack` also makes manifests."""

    def __init__(self, folder: Path, collector: str = "1", objects: ObjectStore | None = None) -> None:
        self.folder = folder
        self.spool = Spool(folder / "spool" / "spool.sqlite", Limits(disk_reserve=0))
        self.root = folder / "objects"
        self.store = objects or ObjectStore.open(str(self.root), data_dir=None)
        self.table = TableOfLines()
        self.collector = collector
        self.posts: dict[str, bytes] = {}

    def manifests(self, reach: Callable[[str], None] = lambda _point: None) -> Manifests:
        """What makes manifests here."""
        return Manifests(
            self.store,
            collector=self.collector,
            work_dir=self.folder / "work",
            key_path=self.folder / "archive" / "signing.key",
            scoring=lambda: SCORING,
            reach=reach,
        )

    def pack(
        self, now: datetime = START + timedelta(hours=2), reach: Callable[[str], None] = lambda _point: None
    ) -> PackSummary:
        """Pack what is closed at `now`."""
        packer = Packer(
            self.spool,
            self.store,
            self.table,
            collector=self.collector,
            work_dir=self.folder / "work",
            reach=reach,
            manifests=self.manifests(reach),
        )
        return packer.pack(now)

    def add(
        self, count: int = 5, *, hours: int = 0, ccs: Iterable[str] = ("BR", "IT"), report_id: str = "r"
    ) -> None:
        """Accept and score posts of an hour."""
        for cc in ccs:
            posts = [post(report_id, n, input_url=f"http://{cc}/{n}") for n in range(count)]
            self.posts |= submit_all(self.spool, posts, cc=cc, received=START + timedelta(hours=hours))
        score_everything(self.spool)

    def chain(self) -> list[Manifest]:
        """Every manifest that is stored."""
        found = [info.key for info in self.store.list(f"manifests/n{self.collector}")]
        return [
            Manifest.decode(self.store.get(key))
            for key in found
            if key.rpartition("/")[2][:-5].isdecimal() and "/hours/" not in key
        ]

    def close(self) -> None:
        """Close the spool."""
        self.spool.close()
