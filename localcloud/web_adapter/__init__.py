"""What AWS's Lambda Web Adapter does: run a function that is a web server, and stream its answers.

https://awslabs.github.io/aws-lambda-web-adapter/
"""

from __future__ import annotations

from localcloud.web_adapter.adapter import Invocation, WebAdapter
from localcloud.web_adapter.environment import NotEmulatedError
from localcloud.web_adapter.process import InitError

__all__ = ["InitError", "Invocation", "NotEmulatedError", "WebAdapter"]
