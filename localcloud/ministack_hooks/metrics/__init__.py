"""CloudWatch's metrics and alarms, and the metrics that AWS's own services publish there."""
