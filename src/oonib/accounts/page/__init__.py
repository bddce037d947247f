"""Where a login link to this backend itself leads, when no other page is used."""
