"""AWS Lambda: functions from zip archives, run by AWS's own runtime client in processes that behave as environments."""
