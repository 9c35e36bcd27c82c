"""Commands that send or write payments: demo, simulate, world, replay."""
