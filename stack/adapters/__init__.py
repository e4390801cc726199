"""One adapter per kind of resource: how it is read, made, changed and removed with boto3."""

from __future__ import annotations

from typing import Any

from stack.adapters.apigateway import RestApis
from stack.adapters.apigatewayv2 import Authorizers, WebSocketApis, WebSocketRouteSets
from stack.adapters.base import Adapter, Context
from stack.adapters.cloudfront import Distributions
from stack.adapters.cloudfront_policies import OriginAccessControls, ResponseHeadersPolicies
from stack.adapters.cloudwatch import Alarms
from stack.adapters.cognito import UserPoolClients, UserPools
from stack.adapters.dynamodb import Tables
from stack.adapters.iam import Roles
from stack.adapters.lambda_ import EventSourceMappings, Functions, PermissionSets
from stack.adapters.logs import LogGroups
from stack.adapters.s3 import BucketReaders, Buckets, Sites
from stack.adapters.s3_private import PrivateBuckets
from stack.adapters.ssm import Secrets
from stack.alarms import Alarm
from stack.apis import RestApi, WebSocketApi, WebSocketRoutes
from stack.buckets import Bucket, PrivateBucket, Site
from stack.cdn import BucketReader, Distribution, OriginAccessControl, ResponseHeadersPolicy
from stack.resources import EventSourceMapping, Function, LogGroup, Permissions, Resource, Role, Secret, Table
from stack.user_pools import Authorizer, UserPool, UserPoolClient


class Adapters:
    """The adapters for one place of deployment; `adapters[resource]` is the one for the resource's kind."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._by_type: dict[type[Resource], Adapter[Any]] = {
            Alarm: Alarms(context),
            Authorizer: Authorizers(context),
            Bucket: Buckets(context),
            BucketReader: BucketReaders(context),
            Distribution: Distributions(context),
            EventSourceMapping: EventSourceMappings(context),
            Function: Functions(context),
            LogGroup: LogGroups(context),
            OriginAccessControl: OriginAccessControls(context),
            Permissions: PermissionSets(context),
            PrivateBucket: PrivateBuckets(context),
            ResponseHeadersPolicy: ResponseHeadersPolicies(context),
            RestApi: RestApis(context),
            Role: Roles(context),
            Secret: Secrets(context),
            Site: Sites(context),
            Table: Tables(context),
            UserPool: UserPools(context),
            UserPoolClient: UserPoolClients(context),
            WebSocketApi: WebSocketApis(context),
            WebSocketRoutes: WebSocketRouteSets(context),
        }

    def __getitem__(self, resource: Resource) -> Adapter[Any]:
        return self._by_type[type(resource)]

    def facts(self) -> dict[str, str]:
        """What references may use before anything is deployed."""
        return {"aws.account": self.context.account, "aws.region": self.context.region}
