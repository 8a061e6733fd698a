"""Anchors (Ribeiro, Singh and Guestrin 2018): the shortest rule that holds a prediction where it is."""
