"""Scenes, drawn inputs and slow references that several folders of tests use."""
