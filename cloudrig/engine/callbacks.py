"""The paths of the `@connections` API, from the stage on: who answers them and who guards them must agree on them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import re
from typing import Final

CALLBACK_PATH: Final = r"/(?P<stage>[^/]+)/(?:@|%40)connections/(?P<id>[^/]+)/?"
CALLBACK: Final = re.compile(CALLBACK_PATH)
