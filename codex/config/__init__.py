"""Configuration: config.toml, flags and environment become one Config. Must act on none."""
