#!/bin/sh
# The streaming function's door: AWS Lambda Web Adapter starts this and forwards events over HTTP.
cd "$(dirname "$0")" || exit 1
# Layers' packages: Lambda's own start script, which the adapter replaces, would add them.
export PYTHONPATH="/opt/python${PYTHONPATH:+:$PYTHONPATH}"
# -u: a log line left in a buffer is lost when Lambda freezes the process.
exec python -u -m uvicorn --factory lambda_api.main:create_app \
  --host 127.0.0.1 --port "$AWS_LWA_PORT" \
  --log-level warning --no-access-log --no-server-header
