from botocore.credentials import ReadOnlyCredentials

from benchmarks.signing import signed_post


def test_a_signed_request_is_whole_and_scoped() -> None:
    credentials = ReadOnlyCredentials("AKID", "secret", None)
    url = "http://127.0.0.1:4566/bench/@connections/abc%3D"
    head, _, body = signed_post(url, b"hello", "execute-api", "eu-west-1", credentials).decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[:2] == ["POST /bench/@connections/abc%3D HTTP/1.1", "Host: 127.0.0.1:4566"]
    assert any("Credential=AKID/" in line and "/eu-west-1/execute-api/aws4_request" in line for line in lines)
    assert (lines[-1], body) == ("Content-Length: 5", "hello")
