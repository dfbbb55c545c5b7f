"""Tests of the window; offscreen, on a real desk."""
