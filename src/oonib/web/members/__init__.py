"""Logging in and out, and a member's own page.

A mail's link shows a page with a button: programs that open the links of mails do not log in with it.
"""
