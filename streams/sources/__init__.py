"""Where payments come from here: files of historical payments, and the simulator."""
