"""Services of AWS's JSON protocol, answered from botocore's own models of them.

Decisions: 0040, one loop owns the state; 0043, botocore's model is the contract.
"""
