# The chat as Terraform. chat.tf.json is made from the stack's declaration by `cloudrig terraform`; a test keeps it so.
# docs/terraform.md says how to apply it: to AWS, to a rehearsal of AWS, or to a running rig.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  # A rig's buckets are in the path: a bucket in the host name needs a name server that knows it.
  s3_use_path_style = var.endpoint != ""

  default_tags {
    tags = { "cloudrig:stack" = var.prefix }
  }
}

variable "prefix" {
  description = "Begins the name of every resource."
  default     = "cloudrig-chat"
}

variable "endpoint" {
  description = "Where a rig answers (the AWS_ENDPOINT_URL of this run); empty on AWS and in a rehearsal."
  default     = ""
}

variable "packages" {
  description = "The folder with the functions' packages, made by `cloudrig build --out`."
  default     = "packages"
}

variable "site" {
  description = "The folder with the built site."
  default     = "../frontend/dist"
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

data "aws_secretsmanager_random_password" "secret" {
  password_length     = 43
  exclude_punctuation = true
}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.name

  rest_id      = aws_api_gateway_rest_api.chat.id
  websocket_id = aws_apigatewayv2_api.chat.id
  on_aws       = var.endpoint == ""
  rig_api      = "${var.endpoint}/_aws/execute-api"

  rest_url      = local.on_aws ? "https://${local.rest_id}.execute-api.${local.region}.amazonaws.com/prod" : "${local.rig_api}/${local.rest_id}/prod"
  callback_url  = local.on_aws ? "https://${local.websocket_id}.execute-api.${local.region}.amazonaws.com/prod" : "${local.rig_api}/${local.websocket_id}/prod"
  websocket_url = replace(local.callback_url, "/^http/", "ws")
  files_url     = local.on_aws ? "https://${aws_s3_bucket.files.bucket}.s3.${local.region}.amazonaws.com" : "${var.endpoint}/${aws_s3_bucket.files.bucket}"

  user_pools_url = local.on_aws ? "https://cognito-idp.${local.region}.amazonaws.com/" : "${var.endpoint}/"

  content_types = {
    css   = "text/css; charset=utf-8"
    html  = "text/html; charset=utf-8"
    ico   = "image/x-icon"
    js    = "text/javascript; charset=utf-8"
    json  = "application/json"
    svg   = "image/svg+xml"
    txt   = "text/plain; charset=utf-8"
    woff2 = "font/woff2"
  }
}

output "rest_url" {
  value = local.rest_url
}

output "websocket_url" {
  value = local.websocket_url
}

output "site_url" {
  value = local.site_url
}
