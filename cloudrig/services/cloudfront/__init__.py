"""CloudFront: distributions served by the rig; what they are like is held by the upstream, and policies here."""
