"""Arrays in, frozen results out: pooling, BD-rate, agreement with subjective scores, significance."""
