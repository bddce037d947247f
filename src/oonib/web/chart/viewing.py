"""The page of a chart and the frame for other sites, as views. Pure."""

from typing import Any

from oonib.measurements.aggregation.service import AGGREGATION_PATH
from oonib.measurements.statistics.countries import NAMES as COUNTRIES
from oonib.model.nettests import NAMES
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web.chart import words
from oonib.web.chart.asked import Asked
from oonib.web.chart.service import Mat
from oonib.web.chart.table import COUNTS, table
from oonib.web.frame import View
from oonib.web.frame.said import said

PATH = "/chart/mat"
EMBED_PATH = "/embed/mat"
_COUNT_WORDS = (
    said("measurements"),
    said("no anomaly"),
    said("anomaly"),
    said("confirmed"),
    said("failure"),
)


def page(mat: Mat, *, base_url: str) -> View:
    """The whole page."""
    counted = mat.counted
    shown = None if counted is None else table(mat.asked, counted.grain, counted.rows)
    data = {
        "title": mat.title,
        "filters": {one.name: one.values for one in words.filters(mat.asked)},
        "since": mat.asked.since,
        "until": mat.asked.until,
        "axes": () if shown is None else shown.axes,
        "grain": None if counted is None else counted.grain,
        "as_of": f"{mat.at:%Y-%m-%dT%H:%MZ}",
        "total_rows": 0 if shown is None else shown.total,
        "rows": []
        if shown is None
        else [
            dict(zip((*shown.axes, *COUNTS), (*line.values, *line.counts), strict=True))
            for line in shown.lines
        ],
        "problem": mat.problem,
        "links": _links(mat.asked, base_url),
    }
    extra = {
        "asked": mat.asked,
        "table": shown,
        "picture": None if counted is None else counted.picture,
        "narrowed": words.narrowed(mat.asked),
        "period": words.period(mat.asked),
        "source": mat.frame.source,
        "axis_words": words.AXES,
        "count_words": _COUNT_WORDS,
        "value_name": words.value_name,
        **_choices(mat.asked),
    }
    status = 200 if mat.problem is None else mat.problem.status
    return View("chart/mat.html", data, extra, section="chart", status=status, max_age=_age(mat))


def embedded(mat: Mat, *, base_url: str) -> View:
    """The chart alone, for a frame in another site's page."""
    data = {"title": mat.title, "problem": mat.problem, "links": _links(mat.asked, base_url)}
    extra = {
        "picture": None if mat.counted is None else mat.counted.picture,
        "subtitle": mat.frame.subtitle,
        "narrowed": words.narrowed(mat.asked),
        "period": words.period(mat.asked),
        "source": mat.frame.source,
        "asked": mat.asked,
    }
    status = 200 if mat.problem is None else mat.problem.status
    return View("chart/embed.html", data, extra, status=status, max_age=_age(mat), embeddable=True)


def _age(mat: Mat) -> int:
    return 0 if mat.counted is None else mat.counted.max_age


def _links(asked: Asked, base_url: str) -> dict[str, str]:
    """Where the same is found in other forms, as whole addresses."""
    paths = {
        "page": asked.address(PATH),
        "embed": asked.address(EMBED_PATH),
        "svg": asked.address(f"{PATH}.svg"),
        "png": asked.address(f"{PATH}.png"),
        "csv": asked.address(f"{PATH}.csv"),
        "api_json": asked.address(AGGREGATION_PATH),
        "api_csv": asked.address(AGGREGATION_PATH, format="CSV"),
    }
    return {name: base_url + path for name, path in paths.items()}


def _choices(asked: Asked) -> dict[str, Any]:
    """What the fields of the form offer, each with what it holds now."""

    def offered(options: dict[str, Any], held: str, none: object = None) -> list[tuple[str, Any]]:
        first = [] if none is None else [("", none)]
        other = [(held, held)] if held and held not in options else []
        return [*first, *options.items(), *other]

    def held(name: str) -> str:
        return ",".join(asked.filters.get(name, ()))

    return {
        "held": held,
        "codes": list(COUNTRIES),
        "nettests": offered(dict(NAMES), held("test_name"), said("all")),
        "categories": offered(dict(DESCRIPTIONS), held("category_code"), said("all")),
        "axes_x": offered(dict(words.AXES), asked.axis_x, said("nothing: one number")),
        "axes_y": offered(dict(words.AXES), asked.axis_y, said("nothing more")),
        "grains": offered(dict(words.GRAINS), asked.time_grain),
    }
