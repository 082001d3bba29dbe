"""The dialplan's text as data: what stands where, and what each step leads to."""
