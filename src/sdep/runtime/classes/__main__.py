"""`python -m sdep.runtime.classes`: what the image calls `seldon-core-microservice`."""

from __future__ import annotations

import sys

from sdep.runtime.classes.main import main

if __name__ == "__main__":
    sys.exit(main())
