"""Where a login leads: to a page of this host and nowhere else. Pure."""

from urllib.parse import urlsplit

HOME = "/account"
_LONGEST = 1500
_NEVER = ("/login", "/logout")


def own_path(text: str) -> str:
    """`text` where it is the path of a page here, with its query; else the member's own page."""
    # Browsers drop or turn around some characters, so that they may see a host where we see none.
    fit = text.isascii() and text.isprintable() and not set(text) & set(" \\") and len(text) <= _LONGEST
    if not fit or not text.startswith("/") or text.startswith("//"):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    if parts.scheme or parts.netloc or parts.path in _NEVER:
        return HOME
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def path_of(address: str, own: str) -> str:
    """The path of a whole address below `own`, this backend's; else the member's own page."""
    return own_path(address.removeprefix(own)) if address.startswith(f"{own}/") else HOME
