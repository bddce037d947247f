"""Charts as SVG, drawn on the server: pure functions from figures to drawings, and their two ways of writing.

Made by `bars` (counts over time, stacked), `multiples` (the same for several things, one above the other),
`ranked` (counts of things, lying), `heat` (a share for each pair of two axes) and `spark` (a small line).
Each returns a `Chart`, which goes into `View.extra`, never into `View.data`: the figures are the data.

    from oonib.web.charts import Frame, Point, bars
    points = [Point(datetime(2026, 3, 1, tzinfo=UTC), (90, 8, 1, 1), href="/search?…"), …]
    chart = bars(points, "day", Frame(said("Measurements by day"), note=said("…")), name="coverage")

In a template: `<figure class="plot">{{ chart | svg }}</figure>`, with `chart.css` linked in the head. It
follows the light or dark of the page. Counts come in the order of `OUTCOMES` (ok, anomaly, confirmed,
failure) unless `series` says what they are. Links in charts are no stops of the keyboard: the same figures
and links stand in a table of the page.

`standalone(chart, language)` is the whole picture with title and source as a file, and `png` of
`oonib.web.charts.png` makes a PNG of that. Words are `Said` sentences, `Country("IR")` for the name of a
country, or plain text, which may be a stranger's; in a template they are shown by the filter `words`.
"""

from oonib.web.charts.bars import Panel, Point, bars, multiples
from oonib.web.charts.drawing import Chart, Country, Frame, Key, Words
from oonib.web.charts.heat import Cell, heat, share_keys
from oonib.web.charts.ranked import Rank, ranked
from oonib.web.charts.scales import Grain
from oonib.web.charts.series import OUTCOMES, TOTAL, Series
from oonib.web.charts.spark import spark
from oonib.web.charts.writing import Speaker, inline, spoken, standalone

__all__ = [
    "OUTCOMES", "TOTAL", "Cell", "Chart", "Country", "Frame", "Grain", "Key", "Panel", "Point", "Rank",
    "Series", "Speaker", "Words", "bars", "heat", "inline", "multiples", "ranked", "share_keys", "spark",
    "spoken", "standalone",
]  # fmt: skip
