"""Simulated rollouts, and how often which judge turns them back."""
