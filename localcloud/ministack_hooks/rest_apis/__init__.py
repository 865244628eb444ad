"""API Gateway's REST APIs: what ministack's data plane leaves out, added around its functions."""
