"""What the chat's domain needs from AWS: tables, the token secret and the callback API, each behind a few methods."""
