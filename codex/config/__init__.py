"""Configuration: config.toml, overrides and providers become one Config; must not act on any."""
