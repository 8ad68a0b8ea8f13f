"""What the campaigns choose by: REPRISE_FAULT_SEED, as far as the machine's own timing allows."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("REPRISE_FAULT_SEED", random.SystemRandom().randrange(10**6)))
