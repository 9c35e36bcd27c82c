"""What people look at: reports and their commands."""
