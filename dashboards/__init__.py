"""What people look at: queries, boards, the console."""
