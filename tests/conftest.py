"""Settings for all tests."""

from hypothesis import settings

# The first example of a kernel's test compiles the kernel: a deadline an example would measure that.
settings.register_profile("tollgate", deadline=None)
settings.load_profile("tollgate")
