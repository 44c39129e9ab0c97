"""``python -m causalrep.cli``."""

import sys

from causalrep.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
