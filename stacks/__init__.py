"""The cloud, described: one stack per lifecycle, one construct per capability."""
