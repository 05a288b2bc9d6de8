"""``python -m dualjit.cuda.bench``."""

import sys

from dualjit.cuda.bench.command import main

sys.exit(main(sys.argv[1:]))
