"""What tests stand on: a home, a database, a browser, a clock. Holds no tests."""
