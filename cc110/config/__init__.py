"""The site's settings and directory: typed, checked as a whole, and never half valid."""
