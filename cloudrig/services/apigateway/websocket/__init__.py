"""The data plane of WebSocket APIs: handshake, frames, routes, `@connections`."""
