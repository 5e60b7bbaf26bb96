"""Imported by Python itself at every start under this folder: puts the bug that ``CHAOS_BUG`` names into the process.

Only into a service: the names of everything else that Python starts mean nothing here.
"""

import os
import sys

if "services." in " ".join(sys.orig_argv) and os.environ.get("CHAOS_BUG"):
    from tests.chaos.bugs.switches import switch_on

    switch_on(os.environ["CHAOS_BUG"])
