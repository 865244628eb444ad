"""AWS as features use it: the adapters, all boto3."""
