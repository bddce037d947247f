"""The live feed: measurements as they come in. Owns the order of arrival and who is told what.

Does not own what the filters mean (`measurements.filters`) nor how a measurement is shown (`answers`).
"""
