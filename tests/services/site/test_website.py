"""S3's website endpoint: index and error documents, folders, conditional requests."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from cloudrig.engine.messages import Request, Response
from cloudrig.engine.names import Scope
from cloudrig.engine.processes import Processes
from cloudrig.services.site.website import Websites
from cloudrig.services.upstream.moto import Moto
from cloudrig.services.upstream.upstream import HttpUpstream

FILES = {
    "index.html": (b"<h1>home</h1>", "text/html"),
    "assets/app.js": (b"run()", "text/javascript"),
    "docs/index.html": (b"docs", "text/html"),
    "a b.txt": (b"space", "text/plain"),
    "error.html": (b"lost?", "text/html"),
}


@pytest.fixture(scope="module")
async def websites():  # type: ignore[no-untyped-def]
    async with Processes() as processes:
        moto = Moto(processes)
        await moto.start()
        for bucket in ("site", "plain", "none"):
            await moto.call("s3", "create_bucket", Scope(), Bucket=bucket)
        for key, (body, kind) in FILES.items():
            await moto.call("s3", "put_object", Scope(), Bucket="site", Key=key, Body=body, ContentType=kind)
        index = {"IndexDocument": {"Suffix": "index.html"}}
        error = {"ErrorDocument": {"Key": "error.html"}}
        await moto.call("s3", "put_bucket_website", Scope(), Bucket="site", WebsiteConfiguration=index | error)
        await moto.call("s3", "put_bucket_website", Scope(), Bucket="plain", WebsiteConfiguration=index)
        yield Websites(moto)
        await moto.close()


async def get(websites: Websites, path: str, method: str = "GET", **headers: str) -> Response:
    given = CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))
    mounted = websites.locate("127.0.0.1", path)
    assert mounted is not None
    return await websites.serve(Request(method, path, headers=given), mounted)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_aws/s3-website/site/", b"<h1>home</h1>"),
        ("/_aws/s3-website/site/index.html", b"<h1>home</h1>"),
        ("/_aws/s3-website/site/assets/app.js", b"run()"),
        ("/_aws/s3-website/site/docs/", b"docs"),
        ("/_aws/s3-website/site/a%20b.txt", b"space"),
    ],
)
async def test_documents(websites: Websites, path: str, body: bytes) -> None:
    answer = await get(websites, path)
    assert (answer.status, answer.body) == (200, body)


async def test_content_type_and_etag_are_the_objects(websites: Websites) -> None:
    answer = await get(websites, "/_aws/s3-website/site/assets/app.js")
    assert answer.headers["Content-Type"] == "text/javascript"
    assert answer.headers["ETag"].startswith('"')
    again = await get(websites, "/_aws/s3-website/site/assets/app.js", If_None_Match=answer.headers["ETag"])
    assert (again.status, again.body) == (304, b"")


async def test_a_site_has_a_host_of_its_own(websites: Websites) -> None:
    mounted = websites.locate("site.s3-website.localhost", "/assets/app.js")
    assert mounted is not None
    assert (await websites.serve(Request("GET", "/assets/app.js"), mounted)).body == b"run()"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/_aws/s3-website/site", "/_aws/s3-website/site/"),
        ("/_aws/s3-website/site/docs", "/_aws/s3-website/site/docs/"),
    ],
)
async def test_folders_get_their_slash(websites: Websites, path: str, location: str) -> None:
    answer = await get(websites, path)
    assert (answer.status, answer.headers["Location"]) == (302, location)


async def test_a_missing_page_is_the_error_document_with_404(websites: Websites) -> None:
    answer = await get(websites, "/_aws/s3-website/site/nowhere")
    assert (answer.status, answer.body) == (404, b"lost?")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/_aws/s3-website/plain/nowhere", b"NoSuchKey"),
        ("/_aws/s3-website/none/", b"NoSuchWebsiteConfiguration"),
        ("/_aws/s3-website/nobody/", b"NoSuchBucket"),
    ],
)
async def test_errors_name_s3s_code(websites: Websites, path: str, code: bytes) -> None:
    answer = await get(websites, path)
    assert answer.status == 404
    assert code in answer.body


@pytest.mark.parametrize("bucket", ["..%2F", "A_B!", "%2e%2e"])
async def test_what_can_be_no_bucket_is_refused(websites: Websites, bucket: str) -> None:
    answer = await get(websites, f"/_aws/s3-website/{bucket}/index.html")
    assert answer.status == 400
    assert b"InvalidBucketName" in answer.body


async def test_without_its_upstream_a_site_says_so() -> None:
    nobody = HttpUpstream("http://127.0.0.1:1")
    answer = await get(Websites(nobody), "/_aws/s3-website/site/")
    assert answer.status == 503
    assert b"ServiceUnavailable" in answer.body
    await nobody.close()


async def test_head_has_headers_and_no_body(websites: Websites) -> None:
    answer = await get(websites, "/_aws/s3-website/site/", method="HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"", "text/html")


async def test_a_site_is_read_only(websites: Websites) -> None:
    assert (await get(websites, "/_aws/s3-website/site/", method="POST")).status == 405


@pytest.mark.parametrize("region", ["-eu-west-1", ".eu-north-1"])
async def test_awss_own_host_names_are_sites(websites: Websites, region: str) -> None:
    mounted = websites.locate(f"site.s3-website{region}.amazonaws.com", "/a/b")
    assert mounted is not None
    assert (mounted.key, mounted.path, mounted.base) == ("site", "/a/b", "")
