"""The commands of `twin plan`: imports of numpy and of the config wait until a command runs."""
