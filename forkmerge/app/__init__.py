"""Configuration and wiring: the only place where everything meets."""
