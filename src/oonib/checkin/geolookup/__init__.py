"""Geolookup: where addresses are, for probes that ask (probe contract 10). The addresses are not kept."""

from oonib.checkin.geolookup.service import geolookup

__all__ = ["geolookup"]
