"""What AWS does at its door and the rig leaves out but in a rehearsal: signatures, permissions, quotas, propagation."""
