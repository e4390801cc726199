"""Does what answers here answer as API Gateway does? One test per row of what is known of it, on any target."""
