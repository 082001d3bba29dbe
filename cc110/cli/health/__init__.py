"""What ``cc110 doctor`` looks at."""
