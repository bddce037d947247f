"""Which texts are mail addresses that a login link may be sent to. Pure (management contract 1.5).

The address that is mailed to, hashed and put into tokens is one and the same text: were they different, a
link that reached one mailbox could open the account of another.
"""

from email_validator import EmailNotValidError, validate_email

from oonib.accounts.identity import normal_address

SHORTEST, LONGEST = 5, 255


class BadAddress(ValueError):
    """Not an address that can be mailed to. Does not repeat it."""


def checked_address(text: str) -> str:
    """The address in lower case, ASCII only, its domain in ASCII form. Raises `BadAddress`."""
    # Before lower case: other alphabets have letters whose lower case is ASCII.
    if not text.isascii():
        raise BadAddress("not a valid email address: only ASCII is supported")
    address = normal_address(text)
    if not SHORTEST <= len(address) <= LONGEST:
        raise BadAddress(f"not a valid email address: {SHORTEST} to {LONGEST} characters")
    try:
        found = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        raise BadAddress("not a valid email address") from None
    if found is None:
        raise BadAddress("not a valid email address")
    return found.lower()
