from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from handlers.chat import files
from handlers.chat.errors import BadRequest, FileNotFound, TooLarge, UnsupportedType
from handlers.chat.files import File, Form, Upload

ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@dataclass
class Shelf:
    """A bucket in memory: key → size."""

    sizes: dict[str, int] = field(default_factory=dict)
    copies: list[tuple[str, str, str]] = field(default_factory=list)

    def form(self, key: str, content_type: str, size_bytes: int, valid_s: int) -> Form:
        return Form("", {})

    def size_bytes(self, key: str) -> int | None:
        return self.sizes.get(key)

    def copy(self, source: str, key: str, content_type: str) -> None:
        self.copies.append((source, key, content_type))

    def address(self, key: str, content_type: str, disposition: str, valid_s: int) -> str:
        return f"{key} {content_type} {disposition}"

    def remove(self, key: str) -> None: ...


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, BadRequest),
        ({"contentType": "image/png"}, BadRequest),
        ({"contentType": "image/png", "sizeBytes": 0}, BadRequest),
        ({"contentType": "image/png", "sizeBytes": True}, BadRequest),
        ({"contentType": "image/png", "sizeBytes": files.MAX_FILE_BYTES + 1}, TooLarge),
        ({"contentType": "image/svg+xml", "sizeBytes": 1}, UnsupportedType),
        ({"contentType": "text/html", "sizeBytes": 1}, UnsupportedType),
        ({"contentType": "IMAGE/PNG", "sizeBytes": 1}, UnsupportedType),
    ],
)
def test_what_is_not_taken(fields: Mapping[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        files.upload(fields)


def test_the_largest_is_taken() -> None:
    asked = {"contentType": "image/png", "sizeBytes": files.MAX_FILE_BYTES}
    assert files.upload(asked) == Upload("image/png", files.MAX_FILE_BYTES)


@pytest.mark.parametrize(
    "file_id", ["", "x", ULID, f"{ULID}.html", f"{ULID}.png.html", f"../{ULID}.png", f"{ULID}.PNG"]
)
def test_no_other_ids_are_looked_for(file_id: str) -> None:
    with pytest.raises(FileNotFound):
        files.asked_file_id({"fileId": file_id})


def test_what_is_kept_is_the_uploaders_and_of_the_type_that_was_agreed() -> None:
    shelf, file_id = Shelf({f"uploads/ann/{ULID}.jpg": 7}), files.file_id(ULID, "image/jpeg")
    assert files.asked_file_id({"fileId": file_id}) == f"{ULID}.jpg"
    assert files.keep(shelf, "Ann", file_id, "x.html", "m1") == File("x.html", "image/jpeg", 7)
    assert shelf.copies == [(f"uploads/ann/{ULID}.jpg", "files/m1", "image/jpeg")]
    with pytest.raises(FileNotFound):
        files.keep(shelf, "~ann", file_id, "x", "m2")


def test_what_became_too_large_is_not_kept() -> None:
    shelf = Shelf({f"uploads/ann/{ULID}.png": files.MAX_FILE_BYTES + 1})
    with pytest.raises(TooLarge):
        files.keep(shelf, "ann", f"{ULID}.png", "x", "m1")
    assert shelf.copies == []


def test_a_name_cannot_break_out_of_its_header() -> None:
    address = files.address(Shelf(), "m1", File('a"; b\r\nX: y/ü', "text/plain", 1))
    assert address == "files/m1 text/plain attachment; filename*=UTF-8''a%22%3B%20b%0D%0AX%3A%20y%2F%C3%BC"
