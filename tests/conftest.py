"""Fixtures that every kind of test may use."""

import sys
from pathlib import Path

# `support` holds the real servers that tests start; tests are not a package.
sys.path.insert(0, str(Path(__file__).parent))
