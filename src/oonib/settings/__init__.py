"""Every setting of oonib, declared once: name, type, default, help. Environment and file feed it.

Order of precedence: command line, `OONIB_*` variables, `oonib.toml`, defaults. Unknown names fail with the
nearest known one. Code gets values from the composition root; nothing imports a settings object.
"""

from oonib.settings.declared import Settings
from oonib.settings.describing import reference
from oonib.settings.loading import BadSettings, load

__all__ = ["BadSettings", "Settings", "load", "reference"]
