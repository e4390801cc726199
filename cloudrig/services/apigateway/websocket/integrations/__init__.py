"""The integrations behind WebSocket routes: Lambda with and without proxy, HTTP, MOCK."""
