"""Model directories in a bucket: pushed, and pulled again, each under the digest of its content.

    models/<digest>/<file>      the files of the directory, as an engine loads them
    models/<digest>.json        the manifest, written last: without it a model is unfinished
    models/<digest>.tar.gz      the same files for batch transform, where that was asked for

Only `s3.py` knows boto3. Decision record: docs/decisions/0120.
"""
