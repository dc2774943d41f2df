"""Pages of the documents domain."""

from huying.domains.documents.pages.files import download, files
from huying.domains.documents.pages.retention import retention

__all__ = ["download", "files", "retention"]
