"""Lines to paste that read a day of the archive or of the exports, for the tools that people use. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a tool is called and the lines for it."""

    tool: str
    text: str


_DUCKDB = """SELECT probe_cc, count(*) AS anomalies
FROM read_parquet([%s])
WHERE anomaly = 't' GROUP BY probe_cc ORDER BY anomalies DESC;"""
_R = """library(arrow)
file <- tempfile()
download.file("%s", file, mode = "wb")
measurements <- read_parquet(file)"""


def recipes(base_url: str, files: list[str]) -> list[Recipe]:
    """Lines over `files`, paths of an export's Parquet files on this server."""
    urls = [base_url + path for path in files]
    first = urls[0]
    listed = ", ".join(f"'{url}'" for url in urls)
    quoted = ", ".join(f'"{url}"' for url in urls)
    return [
        Recipe("DuckDB", _DUCKDB % listed),
        Recipe("pandas", f"import pandas as pd\ndf = pd.concat(pd.read_parquet(url) for url in [{quoted}])"),
        Recipe("Polars", f"import polars as pl\ndf = pl.scan_parquet([{quoted}]).collect()"),
        Recipe("R", _R % first),
        Recipe("curl", "\n".join(f"curl -O '{url}'" for url in urls)),
    ]
