"""What all pages have in common: what a page is, its language, who looks at it, forms.

Owns how a page is answered: as HTML or as its JSON twin, in the language that the reader wants, with the
policy that keeps strangers' text from running. What a page says is the business of the families beside it.
"""

from oonib.web.frame.said import Said, said
from oonib.web.frame.view import View

__all__ = ["Said", "View", "said"]
