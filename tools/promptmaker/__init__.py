"""Makes the prompts' audio: machine speech, tones and music on hold."""
