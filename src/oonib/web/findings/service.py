"""What pages of findings say: lists with filters, one finding with its evidence, and edits of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from oonib.accounts import Session
from oonib.errors import NotFound
from oonib.findings import FindingsService
from oonib.findings.schema import DeletedFinding, FindingFilters
from oonib.records.values import storable
from oonib.web.editing.paging import Paged, paged
from oonib.web.findings.filling import Filled, of_finding

SIZE = 30
PATH = "/findings"
_OWN_PAGES = frozenset({"new"})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which findings. `keyword` is looked for in titles, summaries and keywords; `by` is who reported."""

    country: str = ""
    theme: str = ""
    keyword: str = ""
    by: str = ""
    mine: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class One:
    """A finding as the service shows it. `version` is told with each change of it."""

    finding: Mapping[str, Any]
    version: int


class FindingPages:
    """Over the findings service; raises what that raises."""

    def __init__(self, findings: FindingsService) -> None:
        self._findings = findings
        self._public: tuple[int, list[dict[str, Any]]] | None = None

    def listed(self, asked: Asked, caller: Session | None) -> dict[str, Any]:
        """The list page: findings of a page, and what can be chosen from."""
        everything = self._all(caller)
        found = [one for one in everything if _fits(one, asked)]
        here: Paged[dict[str, Any]] = paged(found, asked.page, SIZE)
        return {
            "findings": [{**one, "address": address_of(one)} for one in here.items],
            "total": here.total,
            "page": here.page,
            "pages": here.pages,
            "countries": _values(everything, "CCs"),
            "themes": _values(everything, "themes"),
            "reporters": sorted({one["reported_by"] for one in everything if one["reported_by"]}),
        }

    def one(self, key: str, caller: Session | None) -> One:
        """A finding by id or slug. Raises `NotFound`."""
        if not storable(key):
            raise NotFound("OONI Finding not found")
        return One(*self._findings.show(key, caller))

    def create(self, filled: Filled, caller: Session) -> str:
        """The id of a new one."""
        return self._findings.create(filled.new(), caller)

    def save(self, finding_id: str, filled: Filled, caller: Session) -> None:
        """Put what was typed in the place of the version that was loaded."""
        self._findings.update(filled.changed(finding_id), caller, filled.version)

    def publish(self, finding_id: str, caller: Session, *, published: bool, version: int) -> None:
        """Show it to everybody, or no longer."""
        self._findings.publish(finding_id, caller, published=published, version=version)

    def delete(self, finding_id: str, caller: Session, version: int) -> None:
        """Remove it for good."""
        asked = DeletedFinding(id=finding_id, email_address=caller.address)
        self._findings.delete(asked, caller, version)

    def elsewhere(self, key: str, filled: Filled, caller: Session) -> tuple[Filled, list[dict[str, str]]]:
        """What was typed, on the version of now; the fields that others changed, as they are now.

        Saved once more it takes the place of theirs.
        """
        now = self.one(key, caller)
        there = of_finding(now.finding, now.version)
        changed = [{"name": name, "now": there.values[name]} for name in filled.differs_from(there)]
        if filled.published != there.published:
            changed.append({"name": "published", "now": "yes" if there.published else ""})
        return Filled(filled.values, filled.published, now.version, there.seen), changed

    def _all(self, caller: Session | None) -> list[dict[str, Any]]:
        if caller is not None:
            return self._findings.search(FindingFilters(), caller)
        # Asked before the list: one that is newer is looked up once more than needed, never too seldom.
        state, kept = self._findings.state(), self._public
        if kept is None or kept[0] != state:
            kept = self._public = (state, self._findings.search(FindingFilters(), None))
        return kept[1]


def may_edit(finding: Mapping[str, Any], caller: Session | None) -> bool:
    """Whether somebody may change a finding: its author may, and admins."""
    return caller is not None and (caller.role == "admin" or bool(finding["mine"]))


def address_of(finding: Mapping[str, Any]) -> str:
    """Where a finding is read."""
    slug = finding["slug"]
    return f"{PATH}/{quote(slug if slug and slug not in _OWN_PAGES else finding['id'], safe='')}"


def evidence(finding: Mapping[str, Any]) -> dict[str, str]:
    """Where its measurements are: as a chart, and one by one."""
    narrowed = {
        "probe_cc": finding["CCs"],
        "probe_asn": [f"AS{asn}" for asn in finding["ASNs"]],
        "domain": finding["domains"],
        "test_name": finding["test_names"],
    }
    query = {name: ",".join(values) for name, values in narrowed.items() if values}
    query["since"] = finding["start_time"][:10]
    if finding["end_time"]:
        last = datetime.fromisoformat(finding["end_time"]) + _DAY
        query["until"] = last.date().isoformat()
    # Without a nettest the chart would show its usual one.
    chart = query if "test_name" in query or "domain" in query else {**query, "test_name": ""}
    return {"chart": f"/chart/mat?{urlencode(chart)}", "search": f"/search?{urlencode(query)}"}


def _fits(finding: Mapping[str, Any], asked: Asked) -> bool:
    return (
        (not asked.country or asked.country in finding["CCs"])
        and (not asked.theme or asked.theme in finding["themes"])
        and (not asked.by or asked.by == finding["reported_by"])
        and (not asked.mine or finding["mine"])
        and (not asked.keyword or _mentions(finding, asked.keyword.casefold()))
    )


def _mentions(finding: Mapping[str, Any], word: str) -> bool:
    texts = (finding["title"], finding["short_description"], *finding["tags"], *finding["domains"])
    return any(word in text.casefold() for text in texts)


def _values(findings: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    given: Iterable[str] = (value for one in findings for value in one[name])
    return sorted(set(given))
