"""Prices by region, each with its source and date: instances, and the services of the front door.

Decision record: docs/decisions/0105.
"""
