"""Lambda functions: code, environment, layers."""
