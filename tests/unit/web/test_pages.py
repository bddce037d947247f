"""What all pages have in common: policy, static files, validators; and the API documentation."""

import re

import pytest

from oonib.app import openapi
from oonib.web.reference import read_document

from .conftest import Site
from support.html import Elements
from support.pages import Client, make_app, make_desk

PAGES = ["/", "/docs"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_self_contained(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", answer.text)
    for address in re.findall(r'(?:src|href)="([^"#]+)"', answer.text):
        assert address.startswith("/"), address
        assert not address.startswith("//")


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_landmarks_and_one_heading(site: Site, path: str) -> None:
    text = site.client.get(path).text
    assert '<html lang="en" dir="ltr">' in text
    for landmark in ("<header", "<nav", "<main", "<footer"):
        assert landmark in text
    assert text.count("<h1>") == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("oonib.css", "text/css"), ("oonib.js", "text/javascript"), ("favicon.svg", "image/svg+xml")],
)
def test_static_files(site: Site, name: str, kind: str) -> None:
    plain = site.client.get(f"/static/{name}")
    assert plain.headers["content-type"].startswith(kind)
    assert plain.headers["cache-control"] == "no-cache"
    etag = plain.headers["etag"]
    versioned = site.client.get(f"/static/{name}", params={"v": etag.strip('"')})
    assert "immutable" in versioned.headers["cache-control"]
    again = site.client.get(f"/static/{name}", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")


def test_every_linked_file_exists(site: Site) -> None:
    text = site.client.get("/").text
    linked = re.findall(r'"(/static/[^"]+)"', text)
    assert len(linked) == 6
    for address in linked:
        assert "immutable" in site.client.get(address).headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["nothing.css", "..%2fservice.py", "%2e%2e%2froutes.py", "oonib.css%00", "templates"]
)
def test_nothing_else_is_served(site: Site, name: str) -> None:
    assert site.client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("path", [*PAGES, "/static/oonib.css"])
def test_head(site: Site, path: str) -> None:
    assert site.client.head(path).headers["etag"]


def test_reference_shows_every_operation_and_type() -> None:
    document = openapi()
    shown = read_document(document, "https://api.example.org")
    operations = [operation for group in shown.groups.values() for operation in group]
    wanted = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert {(operation.method, operation.path) for operation in operations} == wanted
    assert len({operation.anchor for operation in operations}) == len(operations)
    names = {schema.name for schema in shown.schemas}
    assert names == set(document["components"]["schemas"])
    for operation in operations:
        types = [*operation.body, *(pair for answer in operation.answers for pair in answer.types)]
        assert {part.schema for _, parts in types for part in parts if part.schema} <= names
        assert operation.curl.startswith("curl ")
        assert "{" not in operation.curl.splitlines()[0]


def test_pages_are_not_in_the_api_document() -> None:
    assert not {"/", "/docs", "/static/{name}"} & set(openapi()["paths"])


def test_links_of_a_page_stay_on_this_host() -> None:
    client = Client(make_app(make_desk()))
    for path in ("//evil.example/x", "/%2Fevil.example/x", "/a%E2%80%AEb", "/a%3Fb%23c", "/a%22%3E%3Cb"):
        page = Elements(client.get(path).text)
        links = [
            given.get("href") or "" for _, given in page.found if "format=json" in (given.get("href") or "")
        ]
        assert links
        assert not [link for link in links if link.startswith("//") or not link.isascii()]
        assert all(link.count("?") == 1 and "#" not in link for link in links)
