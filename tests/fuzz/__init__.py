"""Inputs that nobody thought of, for every parser that reads what others wrote (X1 to X4).

`targets` says what must hold; ``corpus/`` has what is tried first, and what once broke a rule. `test_fuzz`
replays it and lets hypothesis vary it; ``make fuzz`` searches for longer, guided by coverage (atheris).
"""
