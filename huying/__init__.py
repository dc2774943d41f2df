"""Huying: the working system of a governance centre."""
