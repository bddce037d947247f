"""Probe registration and login: tokens that old nettests want before they fetch their inputs.

Owns the two kinds of tokens (probe contract 8). Nothing is stored: a token proves when a probe registered and
no more, and passwords are not looked at.
"""

from oonib.checkin.registration.service import Registration

__all__ = ["Registration"]
