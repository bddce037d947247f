"""The text of a login mail. Pure (management contract 1.6)."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from html import escape

_SUBJECT = "OONI Account activation email"
_TEXT = """\
Hello,

to log in to OONI, open this link:

{link}

It works on several devices, as often as you like, and expires in 24 hours.
If you did not ask for it, ignore this mail: without the link nobody can log in with your address.
"""
_HTML = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body>
<p>Hello,</p>
<p>to log in to OONI, <a href="{link}">open this link</a>.</p>
<p>It works on several devices, as often as you like, and expires in 24 hours.</p>
<p>If you did not ask for it, ignore this mail: without the link nobody can log in with your address.</p>
</body>
</html>
"""


def login_letter(sender: str, address: str, link: str, now: datetime) -> EmailMessage:
    """The mail to `address` with a login link, as text and as HTML whose first `<a>` is the link.

    Raises `ValueError` where a value does not fit into one line of the head.
    """
    letter = EmailMessage()
    letter["Subject"] = _SUBJECT
    letter["From"] = sender
    letter["To"] = Address(addr_spec=address)
    letter["Date"] = format_datetime(now)
    # The domain is given, as the library would ask the network for this machine's name.
    letter["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(_TEXT.format(link=link))
    letter.add_alternative(_HTML.format(link=escape(link), subject=_SUBJECT), subtype="html")
    return letter
