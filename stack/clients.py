"""The boto3 clients of a deployment, made once: making a client costs ten milliseconds, calling it one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_apigateway import APIGatewayClient
    from types_boto3_apigatewayv2 import ApiGatewayV2Client
    from types_boto3_cloudfront import CloudFrontClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_ssm import SSMClient
    from types_boto3_sts import STSClient

PARALLEL_CALLS = 12


@dataclass(frozen=True)
class Clients:
    """One client per service; all of them may be used by several threads."""

    region: str
    apigateway: APIGatewayClient
    apigatewayv2: ApiGatewayV2Client
    cloudfront: CloudFrontClient
    cloudwatch: CloudWatchClient
    cognito: CognitoIdentityProviderClient
    dynamodb: DynamoDBClient
    iam: IAMClient
    lambda_: LambdaClient
    logs: CloudWatchLogsClient
    s3: S3Client
    ssm: SSMClient
    sts: STSClient
    tagging: Any
    """Of the Resource Groups Tagging API, which lists what bears a tag."""

    @classmethod
    def of(cls, session: boto3.Session) -> Clients:
        """The clients of a session, which must know its region; `AWS_ENDPOINT_URL` holds as for every boto3 client."""
        # The first call of all: where nobody answers, that should be known at once.
        impatient = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5)
        config = Config(
            # Control planes throttle hard (API Gateway: one deployment in 5 s), so waiting is part of the job.
            retries={"mode": "standard", "total_max_attempts": 10},
            max_pool_connections=PARALLEL_CALLS,
            # A bucket in the host name needs a name server that knows it; in the path it works everywhere.
            s3={"addressing_style": "path"},
        )
        return cls(
            region=session.region_name,
            apigateway=session.client("apigateway", config=config),
            apigatewayv2=session.client("apigatewayv2", config=config),
            cloudfront=session.client("cloudfront", config=config),
            cloudwatch=session.client("cloudwatch", config=config),
            cognito=session.client("cognito-idp", config=config),
            dynamodb=session.client("dynamodb", config=config),
            iam=session.client("iam", config=config),
            lambda_=session.client("lambda", config=config),
            logs=session.client("logs", config=config),
            s3=session.client("s3", config=config),
            ssm=session.client("ssm", config=config),
            sts=session.client("sts", config=impatient),
            tagging=session.client("resourcegroupstaggingapi", config=config),
        )
