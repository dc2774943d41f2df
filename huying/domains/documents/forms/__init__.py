"""The office's printed forms, as docx templates made by `python -m huying.domains.documents.forms.build`."""
