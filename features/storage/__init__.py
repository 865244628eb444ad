"""Objects under keys: the port to a bucket, and arrays as the bytes of one object."""
