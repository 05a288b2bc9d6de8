"""Transforms: functions in, compiled derivatives out, each in the module of its name."""
