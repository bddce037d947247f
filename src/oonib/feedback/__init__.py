"""What people say of a measurement that they look at: one verdict for each account.

Owns the verdicts, not the measurements: whether there is one of that uid is not asked. A copy of
the verdicts in ClickHouse is for analyses; what is said here is read from the records.
"""
