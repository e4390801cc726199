"""REST APIs (`apigateway`, version 1): control plane and data plane."""
