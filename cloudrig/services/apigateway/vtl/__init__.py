"""Mapping templates (VTL) of REST and WebSocket APIs, and the JSONPath they read payloads with."""
