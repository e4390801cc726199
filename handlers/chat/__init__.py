"""The chat's domain: what is allowed and what follows from it. Knows no AWS, no event and no environment variable."""
