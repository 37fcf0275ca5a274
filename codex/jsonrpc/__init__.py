"""JSON-RPC 2.0 over lines: the messages, and who waits for which answer; it knows no method."""
