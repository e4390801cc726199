"""The control plane `apigatewayv2`: documents, rules, snapshots, and what routes are chosen by."""
