"""Stand-ins for the parts that a unit test must not reach: models, other programs."""
