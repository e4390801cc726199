"""S3 static websites: buckets with a website configuration, served as S3's website endpoints do."""
