"""A language model behind an OpenAI-compatible endpoint: asked within a budget, each reply kept on disk."""
