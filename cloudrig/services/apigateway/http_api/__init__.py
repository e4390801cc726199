"""HTTP APIs (protocol type HTTP of apigatewayv2): the data plane, and what its documents mean."""
