"""cc110: the telephony control service of Indonesia's police line 110."""

__version__ = "0.1.0"
