"""Whether a command or patch runs, is asked about, or is rejected; nothing is started here."""
