# Lets scim2-tester judge the server at argv[1], reached with the token argv[2]. Prints one JSON object per check.
import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

client = Client(base_url=sys.argv[1], headers={"Authorization": f"Bearer {sys.argv[2]}"})
for result in check_server(SyncSCIMClient(client)):
    line = {
        "status": result.status.name,
        "type": result.resource_type,
        "check": result.title,
        "reason": result.reason,
    }
    print(json.dumps(line))
