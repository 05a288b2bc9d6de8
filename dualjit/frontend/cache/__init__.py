"""Compiled derivatives on disk: what they depend on, what is written, where, and the dispatcher's side of it."""
