"""Payload logging: what units are asked and what they answer, sent as CloudEvents to whoever the manifest names."""
