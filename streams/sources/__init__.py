"""Where payments come from here: files of historical payments, and the simulator.

Rooms: `files` reads payments and labels by a map, `vectors` computes their features, `traffic` sends payments
to an engine and closes the books.
"""
