"""The sandbox on macOS: Seatbelt and process groups. Not run on a Mac yet."""
