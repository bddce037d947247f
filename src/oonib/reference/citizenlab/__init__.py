"""The test lists: which addresses probes test where, brought from their repository into ClickHouse."""

from oonib.reference.citizenlab.updating import TestListResult, read_test_lists, update_test_lists

__all__ = ["TestListResult", "read_test_lists", "update_test_lists"]
