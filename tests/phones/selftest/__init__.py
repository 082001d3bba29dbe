"""The phones' own tests: what they say they hear and do, against a real Asterisk."""
