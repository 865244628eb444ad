"""No test sees the AWS account, region or settings of the machine it runs on."""

import os

for _name in [name for name in os.environ if name.startswith(("AWS_", "TWIN_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ |= {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
