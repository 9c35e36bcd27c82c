"""What people do in the console of a running platform, by browser, and what the engine decides afterwards."""
