"""Submission: opening a report, sending measurements into it, closing it; `submit_measurement`.

Owns what a probe may send and what it is answered (probe contract 4 to 6). Durability is the spool's; scoring
happens later and elsewhere.
"""
