"""API Gateway: WebSocket APIs (`apigatewayv2`) and REST APIs (`apigateway`), control planes and data planes.

How AWS behaves is quoted with its source next to the code that does it; what nobody has verified on AWS is a named
constant with the comment "unverified".
"""
