"""The inside of one phone's process; nothing here runs in the tests' own process."""
