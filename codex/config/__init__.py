"""config.toml, overrides and providers."""
