"""JSON-RPC 2.0 over lines: the messages, and the requests that wait for an answer.

Must not know any method.
"""
