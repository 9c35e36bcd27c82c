"""Payments to try things on: demo, simulate, world, replay."""
