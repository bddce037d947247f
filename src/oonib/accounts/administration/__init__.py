"""What admins do to accounts, over HTTP."""
