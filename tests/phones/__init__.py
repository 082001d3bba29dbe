"""Real SIP phones, load generators and independent witnesses for the tests and the demo."""
