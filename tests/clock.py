"""Tests that assert how long something takes, on machines that are shared."""

import pytest

on_the_clock = pytest.mark.flaky(reruns=2)
"""A time counts once it was met in one of three tries: other work can only make it longer. Each other try is printed."""
