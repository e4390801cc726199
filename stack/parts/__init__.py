"""What a stack consists of in CloudFormation's terms: every resource of AWS's, its type and its properties.

`cloudformation` writes these parts down as they are. `terraform` makes its configuration from them: its AWS provider
calls most of them the same in another spelling.
Texts refer to other parts as declarations do (`${table.Users.arn}`); `references` puts in what either tool says for it.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stack.alarms import Alarm
from stack.apis import RestApi, WebSocketApi, WebSocketRoutes
from stack.buckets import Bucket, PrivateBucket, Site
from stack.cdn import BucketReader, Distribution, OriginAccessControl, ResponseHeadersPolicy
from stack.parts import apis, functions, sites, state
from stack.parts.part import ATTRIBUTES, Part, Parts
from stack.resources import EventSourceMapping, Function, LogGroup, Permissions, Resource, Role, Secret, Stack, Table
from stack.user_pools import Authorizer, UserPool, UserPoolClient

__all__ = ["ATTRIBUTES", "Part", "parts"]

_MAKERS: Mapping[type[Resource], Callable[[Any], Parts]] = {
    Alarm: functions.alarm,
    Authorizer: apis.authorizer,
    Bucket: sites.bucket,
    BucketReader: sites.reader,
    Distribution: sites.distribution,
    EventSourceMapping: functions.mapping,
    Function: functions.function,
    LogGroup: functions.log_group,
    OriginAccessControl: sites.origin_access_control,
    Permissions: functions.permissions,
    PrivateBucket: sites.private_bucket,
    ResponseHeadersPolicy: sites.headers_policy,
    RestApi: apis.rest_api,
    Role: functions.role,
    Secret: state.secret,
    Site: sites.site,
    Table: state.table,
    UserPool: state.user_pool,
    UserPoolClient: state.user_pool_client,
    WebSocketApi: apis.websocket_api,
    WebSocketRoutes: apis.websocket_routes,
}


def parts(stack: Stack) -> list[Part]:
    """All that the stack consists of, each part after those it refers to."""
    return [part for resource in stack for part in _MAKERS[type(resource)](resource)]
