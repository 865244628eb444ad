"""The JSON that engines speak."""
