"""The page of one measurement: its verdict in words, why, the evidence, where it is kept, what people say.

Owns how a measurement is told to people. What is decided about it is the business of `oonib.scoring`; here
it is only explained, from the row and the body. Nothing in a body can break a page: every reading of it goes
through `reading`.
"""

from oonib.web.measurement.service import MeasurementPages

__all__ = ["MeasurementPages"]
