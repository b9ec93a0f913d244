"""``python -m vmafpy`` is the command line."""

import sys

from vmafpy.cli import main

if __name__ == "__main__":
    sys.exit(main())
