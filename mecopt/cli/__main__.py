"""`python -m mecopt.cli`."""

import sys

from mecopt.cli import main

if __name__ == "__main__":
    sys.exit(main())
