"""Application Auto Scaling and CloudWatch alarm semantics as pure, clock-free Python."""
