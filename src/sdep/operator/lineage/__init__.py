"""The door to catalogues. Nothing of their libraries is imported before something is to be told."""
