"""Services of AWS's JSON protocol, answered from botocore's own models of them."""
