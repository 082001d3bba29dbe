"""The embedded PBX: an Asterisk found or unpacked without root, started, watched and stopped."""
