"""What has happened, as cells and lines; it knows no key and no terminal."""
