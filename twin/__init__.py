"""The command line: deploy, run, watch and talk to the service.

Decision 0004: Python, make and git are all a machine needs.
"""
