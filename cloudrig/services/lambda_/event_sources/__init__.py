"""Event source mappings: streams and queues whose records Lambda hands to functions."""
