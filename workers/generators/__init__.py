"""Text-to-image models: they draw sources from prompts."""
