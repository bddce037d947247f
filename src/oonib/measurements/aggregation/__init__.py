"""Counting measurements: by time, place, network, nettest, site or category (data contract 3).

Answers come from `fastpath_axes`, the columns people count by. Owns no data.
"""
