"""Measurements of Huying: `python -m bench`. Nothing here is imported by huying, and pytest only checks that it runs."""
