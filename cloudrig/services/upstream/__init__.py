"""What the engine does not implement: moto in a child process by default, LocalStack or any AWS endpoint otherwise."""
