"""What scales an endpoint, and by which policy."""
