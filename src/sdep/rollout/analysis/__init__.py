"""How a canary is judged: evidence in, findings out. Each rule is a file."""
