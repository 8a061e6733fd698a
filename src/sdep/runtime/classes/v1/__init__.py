"""What classes import from `seldon_core`, in our own words: see `install`."""
