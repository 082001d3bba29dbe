"""The climb: who else rings for a caller whom nobody answers."""
