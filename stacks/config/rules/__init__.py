"""Rules that values of the config keep, read from files and names."""
