"""Tables of matters from other systems: which column means what, row by row in or handed back, and a past year replayed."""
