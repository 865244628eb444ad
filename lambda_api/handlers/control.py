"""The control function: API Gateway's events reach the app through Mangum.

Lifespan is off because Mangum would run one per event. Mangum collects a whole answer before
returning, so nothing that streams is routed here: `run.sh` is the door for that.
"""

from __future__ import annotations

from mangum import Mangum

from lambda_api.main import create_app

handler = Mangum(create_app(), lifespan="off")
