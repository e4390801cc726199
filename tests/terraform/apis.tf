# Every kind of resource and data source of API Gateway that the provider has and the rig keeps, with arguments that
# `changed` changes in place. tests/test_terraform.py applies it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  default_tags { tags = { Owner = "test" } }
}

variable "changed" {
  default = false
}

data "aws_caller_identity" "me" {}

locals {
  account = data.aws_caller_identity.me.account_id
  names   = "apis"
  invoke  = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:${local.account}:function:f/invocations"
}

resource "aws_iam_role" "gateway" {
  name               = "${local.names}-gateway"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "apigateway.amazonaws.com" } }] })
}

resource "aws_api_gateway_account" "me" { cloudwatch_role_arn = aws_iam_role.gateway.arn }
resource "aws_api_gateway_rest_api" "r" {
  name                     = var.changed ? "${local.names}-rest2" : "${local.names}-rest"
  description              = var.changed ? "bb" : "aa"
  binary_media_types       = var.changed ? ["image/png"] : ["image/png", "application/octet-stream"]
  minimum_compression_size = var.changed ? 100 : 200
  api_key_source           = "HEADER"
  endpoint_configuration { types = ["REGIONAL"] }
  tags = { a = var.changed ? "2" : "1" }
}
resource "aws_api_gateway_rest_api" "body" {
  name              = "${local.names}-body"
  put_rest_api_mode = "overwrite"
  body              = jsonencode({ openapi = "3.0.1", info = { title = "${local.names}-body", version = "1.0" }, paths = { "/x" = { get = { responses = { "200" = { description = "ok" } }, "x-amazon-apigateway-integration" = { type = "HTTP_PROXY", httpMethod = "GET", uri = "http://127.0.0.1:1/${var.changed ? "b" : "a"}" } } } } })
}
resource "aws_api_gateway_rest_api_policy" "p" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "*" }, Action = "execute-api:Invoke", Resource = "${aws_api_gateway_rest_api.r.execution_arn}/*", Condition = { IpAddress = { "aws:SourceIp" = var.changed ? "127.0.0.0/8" : "127.0.0.1/32" } } }] })
}
resource "aws_api_gateway_authorizer" "fn" {
  name                             = "fn"
  rest_api_id                      = aws_api_gateway_rest_api.r.id
  authorizer_uri                   = local.invoke
  authorizer_credentials           = aws_iam_role.gateway.arn
  type                             = "TOKEN"
  identity_source                  = "method.request.header.Auth"
  identity_validation_expression   = "^a.*"
  authorizer_result_ttl_in_seconds = var.changed ? 0 : 60
}
resource "aws_api_gateway_authorizer" "req" {
  name            = "req"
  rest_api_id     = aws_api_gateway_rest_api.r.id
  authorizer_uri  = local.invoke
  type            = "REQUEST"
  identity_source = var.changed ? "method.request.header.A" : "method.request.header.A,method.request.querystring.b"
}
resource "aws_api_gateway_authorizer" "cog" {
  name          = "cog"
  rest_api_id   = aws_api_gateway_rest_api.r.id
  type          = "COGNITO_USER_POOLS"
  provider_arns = ["arn:aws:cognito-idp:us-east-1:${local.account}:userpool/us-east-1_${var.changed ? "b" : "a"}"]
}
resource "aws_api_gateway_resource" "a" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  parent_id   = aws_api_gateway_rest_api.r.root_resource_id
  path_part   = var.changed ? "items2" : "items"
}
resource "aws_api_gateway_resource" "id" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  parent_id   = aws_api_gateway_resource.a.id
  path_part   = "{id}"
}
resource "aws_api_gateway_model" "m" {
  rest_api_id  = aws_api_gateway_rest_api.r.id
  name         = "Item"
  description  = var.changed ? "bb" : "aa"
  content_type = "application/json"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", title = "x", type = "object", properties = { id = { type = "string" } }, required = var.changed ? ["b"] : ["id"] })
}
resource "aws_api_gateway_request_validator" "v" {
  rest_api_id                 = aws_api_gateway_rest_api.r.id
  name                        = "v"
  validate_request_body       = true
  validate_request_parameters = var.changed
}
resource "aws_api_gateway_method" "post" {
  rest_api_id          = aws_api_gateway_rest_api.r.id
  resource_id          = aws_api_gateway_resource.a.id
  http_method          = "POST"
  authorization        = "CUSTOM"
  authorizer_id        = aws_api_gateway_authorizer.fn.id
  request_models       = { "application/json" = aws_api_gateway_model.m.name }
  request_validator_id = aws_api_gateway_request_validator.v.id
  request_parameters   = { "method.request.querystring.q" = var.changed }
  api_key_required     = var.changed
  operation_name       = "PostItem"
}
resource "aws_api_gateway_method" "get" {
  rest_api_id        = aws_api_gateway_rest_api.r.id
  resource_id        = aws_api_gateway_resource.id.id
  http_method        = "GET"
  authorization      = var.changed ? "AWS_IAM" : "NONE"
  request_parameters = { "method.request.path.id" = true, "method.request.header.Accept" = false }
}
resource "aws_api_gateway_method" "cog" {
  rest_api_id          = aws_api_gateway_rest_api.r.id
  resource_id          = aws_api_gateway_resource.id.id
  http_method          = "DELETE"
  authorization        = "COGNITO_USER_POOLS"
  authorizer_id        = aws_api_gateway_authorizer.cog.id
  authorization_scopes = var.changed ? ["a"] : ["a", "b"]
}
resource "aws_api_gateway_integration" "post" {
  rest_api_id             = aws_api_gateway_rest_api.r.id
  resource_id             = aws_api_gateway_resource.a.id
  http_method             = aws_api_gateway_method.post.http_method
  integration_http_method = "POST"
  type                    = "AWS_PROXY"
  uri                     = local.invoke
  timeout_milliseconds    = var.changed ? 1000 : 2000
}
resource "aws_api_gateway_integration" "cog" {
  rest_api_id       = aws_api_gateway_rest_api.r.id
  resource_id       = aws_api_gateway_resource.id.id
  http_method       = aws_api_gateway_method.cog.http_method
  type              = "MOCK"
  request_templates = { "application/json" = "{\"statusCode\": 200}" }
}
resource "aws_sqs_queue" "q" { name = "${local.names}-v1q" }
resource "aws_api_gateway_integration" "get" {
  rest_api_id             = aws_api_gateway_rest_api.r.id
  resource_id             = aws_api_gateway_resource.id.id
  http_method             = aws_api_gateway_method.get.http_method
  integration_http_method = "POST"
  type                    = "AWS"
  credentials             = aws_iam_role.gateway.arn
  uri                     = "arn:aws:apigateway:us-east-1:sqs:path/${local.account}/${aws_sqs_queue.q.name}"
  content_handling        = "CONVERT_TO_TEXT"
  request_parameters      = { "integration.request.header.Content-Type" = "'application/x-www-form-urlencoded'", "integration.request.header.id" = "method.request.path.id" }
  request_templates       = { "application/json" = var.changed ? "Action=SendMessage&MessageBody=b" : "Action=SendMessage&MessageBody=a" }
  cache_namespace         = "items"
  cache_key_parameters    = var.changed ? [] : ["method.request.path.id"]
}
resource "aws_api_gateway_method_response" "r200" {
  rest_api_id         = aws_api_gateway_rest_api.r.id
  resource_id         = aws_api_gateway_resource.id.id
  http_method         = aws_api_gateway_method.get.http_method
  status_code         = "200"
  response_models     = { "application/json" = var.changed ? "Empty" : aws_api_gateway_model.m.name }
  response_parameters = { "method.response.header.X" = var.changed }
}
resource "aws_api_gateway_integration_response" "r200" {
  rest_api_id         = aws_api_gateway_rest_api.r.id
  resource_id         = aws_api_gateway_resource.id.id
  http_method         = aws_api_gateway_method.get.http_method
  status_code         = aws_api_gateway_method_response.r200.status_code
  selection_pattern   = var.changed ? "2.." : ""
  response_templates  = { "application/json" = var.changed ? "{}" : "$input.body" }
  response_parameters = { "method.response.header.X" = "'x'" }
  content_handling    = "CONVERT_TO_TEXT"
  depends_on          = [aws_api_gateway_integration.get]
}
resource "aws_api_gateway_gateway_response" "g" {
  rest_api_id         = aws_api_gateway_rest_api.r.id
  response_type       = "UNAUTHORIZED"
  status_code         = var.changed ? "402" : "401"
  response_templates  = { "application/json" = "{\"message\":$context.error.messageString}" }
  response_parameters = { "gatewayresponse.header.Authorization" = "'Basic'" }
}
resource "aws_api_gateway_documentation_part" "d" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  location {
    type   = "METHOD"
    method = "GET"
    path   = "/items"
  }
  properties = var.changed ? "{\"description\":\"b\"}" : "{\"description\":\"a\"}"
}
resource "aws_api_gateway_documentation_version" "d" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  version     = "v1"
  description = var.changed ? "bb" : "aa"
  depends_on  = [aws_api_gateway_documentation_part.d]
}
resource "aws_api_gateway_deployment" "d" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  description = "dep"
  triggers    = { redeploy = var.changed ? "2" : "1" }
  variables   = { deployed = "x" }
  lifecycle { create_before_destroy = true }
  depends_on = [aws_api_gateway_integration.post, aws_api_gateway_integration.get, aws_api_gateway_integration.cog]
}
resource "aws_cloudwatch_log_group" "l" { name = "${local.names}-v1-access" }
resource "aws_api_gateway_stage" "s" {
  rest_api_id           = aws_api_gateway_rest_api.r.id
  deployment_id         = aws_api_gateway_deployment.d.id
  stage_name            = "prod"
  client_certificate_id = aws_api_gateway_client_certificate.c.id
  description           = var.changed ? "bb" : "aa"
  variables             = { v = var.changed ? "2" : "1" }
  cache_cluster_enabled = true
  cache_cluster_size    = var.changed ? "1.6" : "0.5"
  xray_tracing_enabled  = var.changed
  documentation_version = aws_api_gateway_documentation_version.d.version
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.l.arn
    format          = var.changed ? "$context.requestId b" : "$context.requestId"
  }
  tags = { s = "1" }
}
resource "aws_api_gateway_deployment" "canary" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  description = "canary"
  depends_on  = [aws_api_gateway_deployment.d]
}
resource "aws_api_gateway_stage" "canary" {
  rest_api_id   = aws_api_gateway_rest_api.r.id
  deployment_id = aws_api_gateway_deployment.d.id
  stage_name    = "canary"
  canary_settings {
    deployment_id            = aws_api_gateway_deployment.canary.id
    percent_traffic          = var.changed ? 20 : 10.5
    use_stage_cache          = true
    stage_variable_overrides = { v = "canary" }
  }
}
resource "aws_api_gateway_method_settings" "all" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  stage_name  = aws_api_gateway_stage.s.stage_name
  method_path = "*/*"
  settings {
    metrics_enabled                            = true
    logging_level                              = var.changed ? "ERROR" : "INFO"
    data_trace_enabled                         = var.changed
    throttling_burst_limit                     = 50
    throttling_rate_limit                      = 100.5
    caching_enabled                            = true
    cache_ttl_in_seconds                       = 60
    cache_data_encrypted                       = true
    require_authorization_for_cache_control    = true
    unauthorized_cache_control_header_strategy = "SUCCEED_WITH_RESPONSE_HEADER"
  }
  depends_on = [aws_api_gateway_account.me]
}
resource "aws_api_gateway_method_settings" "one" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  stage_name  = aws_api_gateway_stage.s.stage_name
  method_path = "~1${aws_api_gateway_resource.a.path_part}~1{id}/GET"
  settings {
    metrics_enabled        = var.changed
    throttling_burst_limit = 5
    throttling_rate_limit  = 10
  }
}
resource "aws_api_gateway_api_key" "k" {
  name        = "${local.names}-key"
  description = var.changed ? "bb" : "aa"
  enabled     = true
  value       = "abcdefghijklmnopqrstuvwxyz"
  customer_id = "c"
}
resource "aws_api_gateway_usage_plan" "u" {
  name         = "${local.names}-plan"
  description  = var.changed ? "bb" : "aa"
  product_code = "P"
  api_stages {
    api_id = aws_api_gateway_rest_api.r.id
    stage  = aws_api_gateway_stage.s.stage_name
    throttle {
      path        = "/items/POST"
      burst_limit = 2
      rate_limit  = 1
    }
  }
  quota_settings {
    limit  = var.changed ? 20 : 10
    offset = 2
    period = "WEEK"
  }
  throttle_settings {
    burst_limit = 5
    rate_limit  = var.changed ? 20 : 10
  }
}
resource "aws_api_gateway_usage_plan_key" "k" {
  key_id        = aws_api_gateway_api_key.k.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.u.id
}
resource "aws_acm_certificate" "c" {
  domain_name       = "rest.example.com"
  validation_method = "DNS"
}
resource "aws_api_gateway_domain_name" "d" {
  domain_name              = "rest.example.com"
  regional_certificate_arn = aws_acm_certificate.c.arn
  security_policy          = "TLS_1_2"
  endpoint_configuration { types = ["REGIONAL"] }
  tags = { a = var.changed ? "2" : "1" }
}
resource "aws_api_gateway_domain_name" "edge" {
  domain_name     = "edge.example.com"
  certificate_arn = aws_acm_certificate.c.arn
}
resource "aws_api_gateway_base_path_mapping" "m" {
  api_id      = aws_api_gateway_rest_api.r.id
  stage_name  = aws_api_gateway_stage.s.stage_name
  domain_name = aws_api_gateway_domain_name.d.domain_name
  base_path   = var.changed ? "two" : "one"
}
data "aws_api_gateway_api_key" "d" { id = aws_api_gateway_api_key.k.id }
data "aws_api_gateway_api_keys" "d" {
  include_values = true
  depends_on     = [aws_api_gateway_api_key.k]
}
data "aws_api_gateway_authorizer" "d" {
  rest_api_id   = aws_api_gateway_rest_api.r.id
  authorizer_id = aws_api_gateway_authorizer.fn.id
}
data "aws_api_gateway_authorizers" "d" {
  rest_api_id = aws_api_gateway_authorizer.req.rest_api_id
}
data "aws_api_gateway_domain_name" "d" { domain_name = aws_api_gateway_domain_name.d.domain_name }
data "aws_api_gateway_export" "d" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  stage_name  = aws_api_gateway_stage.s.stage_name
  export_type = "oas30"
}
data "aws_api_gateway_resource" "d" {
  rest_api_id = aws_api_gateway_rest_api.r.id
  path        = "/"
}
data "aws_api_gateway_rest_api" "d" {
  name = aws_api_gateway_rest_api.body.name
}
resource "aws_apigatewayv2_api" "http" {
  name                         = "${local.names}-http"
  protocol_type                = "HTTP"
  description                  = var.changed ? "second" : "first"
  version                      = "v1"
  disable_execute_api_endpoint = false
  cors_configuration {
    allow_origins     = ["https://example.com"]
    allow_methods     = ["GET", "POST"]
    allow_headers     = ["content-type"]
    expose_headers    = ["x-one"]
    max_age           = var.changed ? 300 : 60
    allow_credentials = true
  }
  tags = { Name = "http", Phase = var.changed ? "b" : "a" }
}
resource "aws_apigatewayv2_api" "body" {
  name             = "${local.names}-body"
  protocol_type    = "HTTP"
  fail_on_warnings = true
  version          = "1.0"
  body             = jsonencode({ openapi = "3.0.1", info = { title = "${local.names}-body", version = "1.0" }, paths = { "/x" = { get = { "x-amazon-apigateway-integration" = { type = "HTTP_PROXY", httpMethod = "GET", payloadFormatVersion = "1.0", uri = "http://127.0.0.1:1/${var.changed ? "b" : "a"}" } } } } })
}
resource "aws_apigatewayv2_api" "ws" {
  name                         = "${local.names}-ws"
  protocol_type                = "WEBSOCKET"
  route_selection_expression   = var.changed ? "$request.body.type" : "$request.body.action"
  api_key_selection_expression = "$request.header.x-api-key"
}
resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.http.id
  authorizer_type  = "JWT"
  name             = "jwt"
  identity_sources = ["$request.header.Authorization"]
  jwt_configuration {
    audience = var.changed ? ["two", "three"] : ["one"]
    issuer   = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
  }
}
resource "aws_apigatewayv2_authorizer" "fn" {
  api_id                            = aws_apigatewayv2_api.http.id
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = local.invoke
  name                              = "fn"
  authorizer_payload_format_version = "2.0"
  authorizer_result_ttl_in_seconds  = var.changed ? 0 : 60
  enable_simple_responses           = true
  identity_sources                  = ["$request.header.X"]
}
resource "aws_apigatewayv2_authorizer" "ws" {
  api_id                     = aws_apigatewayv2_api.ws.id
  authorizer_type            = "REQUEST"
  authorizer_uri             = local.invoke
  authorizer_credentials_arn = aws_iam_role.gateway.arn
  name                       = "ws"
  identity_sources           = ["route.request.querystring.token"]
}
resource "aws_apigatewayv2_integration" "fn" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_uri        = local.invoke
  payload_format_version = var.changed ? "1.0" : "2.0"
  timeout_milliseconds   = var.changed ? 5000 : 6000
  description            = "d"
  request_parameters     = { "overwrite:path" = "/x", "append:header.h" = "$context.requestId" }
  response_parameters {
    status_code = 403
    mappings    = { "append:header.auth" = "$context.authorizer.x" }
  }
}
resource "aws_apigatewayv2_integration" "http" {
  api_id             = aws_apigatewayv2_api.http.id
  integration_type   = "HTTP_PROXY"
  integration_method = "GET"
  integration_uri    = "https://example.com/{proxy}"
}
resource "aws_apigatewayv2_integration" "sqs" {
  api_id                 = aws_apigatewayv2_api.http.id
  integration_type       = "AWS_PROXY"
  integration_subtype    = "SQS-SendMessage"
  credentials_arn        = aws_iam_role.gateway.arn
  payload_format_version = "1.0"
  request_parameters     = { QueueUrl = aws_sqs_queue.q.url, MessageBody = "$request.body.message" }
}
resource "aws_apigatewayv2_route" "fn" {
  api_id               = aws_apigatewayv2_api.http.id
  route_key            = "ANY /fn/{proxy+}"
  target               = "integrations/${aws_apigatewayv2_integration.fn.id}"
  authorization_type   = "JWT"
  authorizer_id        = aws_apigatewayv2_authorizer.jwt.id
  authorization_scopes = var.changed ? ["a"] : ["a", "b"]
  operation_name       = "op"
}
resource "aws_apigatewayv2_route" "iam" {
  api_id             = aws_apigatewayv2_api.http.id
  route_key          = "GET /iam"
  target             = "integrations/${aws_apigatewayv2_integration.fn.id}"
  authorization_type = "AWS_IAM"
}
resource "aws_apigatewayv2_route" "http" {
  api_id    = aws_apigatewayv2_api.http.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.http.id}"
}
resource "aws_apigatewayv2_route" "sqs" {
  api_id    = aws_apigatewayv2_api.http.id
  route_key = "POST /sqs"
  target    = "integrations/${aws_apigatewayv2_integration.sqs.id}"
}
resource "aws_cloudwatch_log_group" "access" {
  name              = "/api/${local.names}-access"
  retention_in_days = var.changed ? 7 : 14
}
resource "aws_apigatewayv2_stage" "http" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = "$default"
  auto_deploy = true
  description = var.changed ? "bb" : "aa"
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode({ id = "$context.requestId" })
  }
  default_route_settings {
    throttling_burst_limit   = var.changed ? 20 : 10
    throttling_rate_limit    = 5
    detailed_metrics_enabled = true
  }
  route_settings {
    route_key              = aws_apigatewayv2_route.iam.route_key
    throttling_burst_limit = 5
    throttling_rate_limit  = 2
  }
  stage_variables = { a = var.changed ? "2" : "1" }
  tags            = { Name = "stage" }
}
resource "aws_apigatewayv2_integration" "wsfn" {
  api_id                        = aws_apigatewayv2_api.ws.id
  integration_type              = "AWS"
  integration_uri               = local.invoke
  integration_method            = "POST"
  content_handling_strategy     = "CONVERT_TO_TEXT"
  credentials_arn               = aws_iam_role.gateway.arn
  passthrough_behavior          = var.changed ? "WHEN_NO_TEMPLATES" : "WHEN_NO_MATCH"
  template_selection_expression = "$request.body.action"
  request_templates             = { "$default" = "{}" }
  timeout_milliseconds          = 2000
}
resource "aws_apigatewayv2_integration" "mock" {
  api_id           = aws_apigatewayv2_api.ws.id
  integration_type = "MOCK"
}
resource "aws_apigatewayv2_integration_response" "r" {
  api_id                        = aws_apigatewayv2_api.ws.id
  integration_id                = aws_apigatewayv2_integration.wsfn.id
  integration_response_key      = "/200/"
  content_handling_strategy     = "CONVERT_TO_TEXT"
  response_templates            = { "application/json" = var.changed ? "$input.body" : "{}" }
  template_selection_expression = "$integration.response.statuscode"
}
resource "aws_apigatewayv2_model" "m" {
  api_id       = aws_apigatewayv2_api.ws.id
  content_type = "application/json"
  name         = "Model"
  description  = var.changed ? "bb" : "aa"
  schema       = jsonencode({ "$schema" = "http://json-schema.org/draft-04/schema#", title = "x", type = "object", properties = { id = { type = "string" } } })
}
resource "aws_apigatewayv2_route" "connect" {
  api_id             = aws_apigatewayv2_api.ws.id
  route_key          = "$connect"
  authorization_type = "CUSTOM"
  authorizer_id      = aws_apigatewayv2_authorizer.ws.id
  api_key_required   = var.changed
  target             = "integrations/${aws_apigatewayv2_integration.mock.id}"
  request_parameter {
    request_parameter_key = "route.request.querystring.token"
    required              = true
  }
}
resource "aws_apigatewayv2_route" "say" {
  api_id                              = aws_apigatewayv2_api.ws.id
  route_key                           = "say"
  target                              = "integrations/${aws_apigatewayv2_integration.wsfn.id}"
  model_selection_expression          = "action"
  request_models                      = { action = aws_apigatewayv2_model.m.name }
  route_response_selection_expression = "$default"
}
resource "aws_apigatewayv2_route_response" "say" {
  api_id                     = aws_apigatewayv2_api.ws.id
  route_id                   = aws_apigatewayv2_route.say.id
  route_response_key         = "$default"
  model_selection_expression = "action"
  response_models            = { action = aws_apigatewayv2_model.m.name }
}
resource "aws_apigatewayv2_deployment" "ws" {
  api_id      = aws_apigatewayv2_api.ws.id
  description = var.changed ? "bb" : "aa"
  triggers    = { x = aws_apigatewayv2_route.say.id }
  lifecycle { create_before_destroy = true }
  depends_on = [aws_apigatewayv2_route.connect]
}
resource "aws_apigatewayv2_stage" "ws" {
  api_id        = aws_apigatewayv2_api.ws.id
  name          = "prod"
  deployment_id = aws_apigatewayv2_deployment.ws.id
  default_route_settings {
    logging_level          = var.changed ? "INFO" : "ERROR"
    data_trace_enabled     = true
    throttling_burst_limit = 10
    throttling_rate_limit  = 5.5
  }
  depends_on = [aws_api_gateway_account.me]
}
resource "aws_apigatewayv2_domain_name" "d" {
  domain_name = "api.example.com"
  domain_name_configuration {
    certificate_arn = aws_acm_certificate.c.arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
  tags = { a = var.changed ? "2" : "1" }
}
resource "aws_apigatewayv2_api_mapping" "m" {
  api_id          = aws_apigatewayv2_api.http.id
  domain_name     = aws_apigatewayv2_domain_name.d.id
  stage           = aws_apigatewayv2_stage.http.id
  api_mapping_key = var.changed ? "v2" : "v1"
}
data "aws_apigatewayv2_api" "d" { api_id = aws_apigatewayv2_api.http.id }
data "aws_apigatewayv2_apis" "d" {
  protocol_type = "HTTP"
  depends_on    = [aws_apigatewayv2_api.http]
}
data "aws_apigatewayv2_export" "d" {
  api_id        = aws_apigatewayv2_route.http.api_id
  specification = "OAS30"
  output_type   = "JSON"
}
resource "aws_apigatewayv2_vpc_link" "l" {
  name               = var.changed ? "link2" : "link"
  security_group_ids = ["sg-1"]
  subnet_ids         = ["subnet-1"]
  tags               = { a = "1" }
}
data "aws_apigatewayv2_vpc_link" "d" { vpc_link_id = aws_apigatewayv2_vpc_link.l.id }
resource "aws_api_gateway_vpc_link" "l" {
  name        = var.changed ? "link2" : "link"
  description = "d"
  target_arns = ["arn:aws:elasticloadbalancing:us-east-1:${local.account}:loadbalancer/net/n/1"]
  tags        = { a = "1" }
}
resource "aws_api_gateway_client_certificate" "c" {
  description = var.changed ? "bb" : "aa"
  tags        = { a = "1" }
}
data "aws_api_gateway_vpc_link" "d" { name = aws_api_gateway_vpc_link.l.name }
