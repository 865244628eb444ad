"""Services of AWS's JSON protocol, answered from botocore's own models of them.

Decision 0043: botocore's model is the contract.
"""
