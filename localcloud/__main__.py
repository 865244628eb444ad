"""`python -m localcloud`: start the local cloud in the foreground."""

from __future__ import annotations

from localcloud.server import main

main()
