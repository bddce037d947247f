"""Where an address is on the network: country, autonomous system, its owner.

`GeoIp` answers, from files that `update_geoip` keeps fresh. The address is used and forgotten.
"""

from oonib.reference.geoip.lookup import UNKNOWN, GeoIp, Network

__all__ = ["UNKNOWN", "GeoIp", "Network"]
