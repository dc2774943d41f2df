"""Commands that need the whole program: one module each, loaded only when named."""
