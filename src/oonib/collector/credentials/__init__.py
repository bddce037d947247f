"""Anonymous credentials: which are handed out, and what the one shown with a submission is worth.

Owns the manifest, the issuing key and the verdict (probe contract 6.2 step 4, and 7). All of it may be
absent; what comes with a credential is then kept as unverified. Pseudonyms and proofs end here, they are
never stored, logged or passed on.
"""

from oonib.collector.credentials.service import Credentials
from oonib.collector.credentials.verdict import UNCLAIMED, Claim, Verification

__all__ = ["UNCLAIMED", "Claim", "Credentials", "Verification"]
