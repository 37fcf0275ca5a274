"""JSON-RPC 2.0 over lines: the messages, and the requests that wait for a response.

Must not know any method.
"""
