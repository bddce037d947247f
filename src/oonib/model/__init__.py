"""What a measurement, an envelope, a report id and a uid are. Pure: no input, no output, no clock.

Everything here is a function of its arguments. Names, syntax and the byte-exact handling of what probes
send live here; what is done with them lives in the other rooms.
"""
