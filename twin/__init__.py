"""The command line: deploy, run, watch and talk to the service."""
