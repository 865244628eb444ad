"""`python -m localcloud`: start the local cloud in the foreground."""

from localcloud.server import main

main()
