"""The matters' pages: of the desk, of residents and of the field."""
