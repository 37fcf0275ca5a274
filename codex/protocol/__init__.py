"""The values that packages share and queues carry: frozen, without I/O."""
