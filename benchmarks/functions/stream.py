"""Reads the table's stream and notes in another table when each record reached it."""

import os
import time
from typing import Any

import boto3

arrivals = boto3.client("dynamodb")


def handler(event: Any, context: object) -> None:
    now_us = time.time_ns() // 1000
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            item = {"id": record["dynamodb"]["Keys"]["id"], "arrivedAt": {"N": str(now_us)}}
            arrivals.put_item(TableName=os.environ["ARRIVALS_TABLE"], Item=item)
