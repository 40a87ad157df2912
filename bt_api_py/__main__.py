"""`python -m bt_api_py` is the command `bt-api`."""

import sys

from .cli import main

sys.exit(main())
