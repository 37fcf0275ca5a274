"""The tools that the model may call: their specifications, and what a call of each does."""
