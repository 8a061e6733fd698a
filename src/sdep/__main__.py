"""`python -m sdep`: the same as the command `sdep`."""

from __future__ import annotations

import sys

from sdep.cli import main

if __name__ == "__main__":
    sys.exit(main())
