"""The analyst's bench: indicators × places × periods, picked, laid out, drawn, taken away, kept and shared.

Every value is `huying.analytics.values`', hidden where the report hides it. What is taken away is also compared with what was
taken away before (`leaving`), so that two files give no small number away either.
"""
