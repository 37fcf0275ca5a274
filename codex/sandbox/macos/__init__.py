"""macOS under the sandbox: Seatbelt and process groups. Not run on a Mac yet."""
