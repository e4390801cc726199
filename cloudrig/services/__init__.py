"""The services the engine keeps for itself, and the way to the upstream. None imports another."""
