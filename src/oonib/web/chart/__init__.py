"""The page that counts measurements by what the reader chooses: `/chart/mat`, its pictures, table and embed.

Owns what the address means (Explorer's parameters), which chart fits the axes, and the links from a figure to
the measurements behind it. The counts are those of the aggregation API.
"""

from oonib.web.chart.service import ChartService

__all__ = ["ChartService"]
