"""Buckets, topics and logs as every stack wants them."""
