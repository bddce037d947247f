"""The way in for other hosts: `POST /<measurement_uid>` takes a post that an API host accepted and named.

Owns what such a request may be and when it is refused (fastpath contract 7). The uid is the sender's and is
kept; nothing is answered with success before the spool has the bytes. Deadlines and answers to errors come
from the layers around it (`oonib.app.feeding`), the process from `keeper`.
"""

from oonib.fastpath.feeder.endpoint import Feeder
from oonib.fastpath.feeder.service import FeederService

__all__ = ["Feeder", "FeederService"]
