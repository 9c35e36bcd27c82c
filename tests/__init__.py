"""Tests. They mirror the packages; what several folders of tests use is in `tests.support`."""
