"""Containers on instances, in sets that answer the same requests, and the routes to them.

Decision: 0054, one replica set, two placements.
"""
