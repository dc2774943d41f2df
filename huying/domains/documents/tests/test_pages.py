import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from huying.domains.documents import pages, queries
from huying.domains.documents.tests.conftest import CLERK, OUTSIDER
from huying.domains.documents.tests.test_intake import PDF, picture
from huying.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


def upload(actor, *files):
    data = {"files": [SimpleUploadedFile(name, content) for name, content in files]}
    request = RequestFactory().post("/", data, HTTP_HX_REQUEST="true")
    request.actor = actor
    return pages.files(request, "demo", 1).content.decode()


def test_files_are_uploaded_listed_and_fetched_as_attachments():
    listed = upload(CLERK, ("现场.jpg", picture()), ("说明.pdf", PDF))
    assert "现场.jpg" in listed
    line = queries.documents(CLERK, "demo", 1)[1]
    request = RequestFactory().get("/")
    request.actor = CLERK
    response = pages.download(request, line.id)
    assert b"".join(response.streaming_content) == PDF
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    request.actor = OUTSIDER
    with pytest.raises(NotFound):
        pages.download(request, line.id)


def test_a_refused_file_is_told_beside_the_form():
    assert "不收" in upload(CLERK, ("a.pdf", b"MZ" + bytes(99)))
    assert "没有选择文件" in upload(CLERK)
    assert queries.documents(CLERK, "demo", 1) == []
