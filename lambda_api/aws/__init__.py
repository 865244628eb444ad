"""AWS as the service uses it: the only package that calls boto3."""
