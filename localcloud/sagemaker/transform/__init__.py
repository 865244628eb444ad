"""Batch transform jobs.

Decision 0047: files are shared, records are retried.
"""
