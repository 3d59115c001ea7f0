"""examples/venue.py keeps the contract of fixgate-venue-link(7)."""
import os
import subprocess
import sys
import tempfile

TOP = os.environ["TOP_SRCDIR"]

with tempfile.TemporaryDirectory(prefix="fixgate-") as folder:
    sys.exit(subprocess.run(
        [sys.executable, os.path.join(TOP, "tests", "venues", "contract.py"),
         sys.executable, os.path.join(TOP, "examples", "venue.py")],
        env=dict(os.environ,
                 FIXGATE_VENUE_FILE=os.path.join(folder, "book.json")),
        timeout=300).returncode)
