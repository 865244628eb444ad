"""What callers meet while the endpoint has no capacity."""
