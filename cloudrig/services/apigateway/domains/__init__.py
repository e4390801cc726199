"""Custom domain names: which API and stage answer under them, and the operations of both control planes on them."""
