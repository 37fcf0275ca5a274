"""What the packages share and the queues carry: frozen values, no I/O."""
