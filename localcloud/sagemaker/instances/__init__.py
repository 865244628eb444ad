"""ML instances: the types there are, their sizes, and where new ones come from.

Decision: 0056, capacity takes time.
"""
