"""`make bench`: what Tollgate costs and how fast it answers, measured beside other ways to do it, in one
run.
"""
