import pytest

from cloudrig.services.cloudfront import behaviours

ASSETS = {"PathPattern": "assets/*", "TargetOriginId": "a"}
PICTURES = {"PathPattern": "/*.jp?g", "TargetOriginId": "b"}
DEFAULT = {"TargetOriginId": "b"}
CONFIG = {
    "CacheBehaviors": {"Quantity": 2, "Items": [ASSETS, PICTURES]},
    "DefaultCacheBehavior": DEFAULT,
    "Origins": {"Items": [{"Id": "a"}, {"Id": "b", "OriginPath": "/x"}]},
    "CustomErrorResponses": {"Items": [{"ErrorCode": 403, "ResponsePagePath": "/e.html"}]},
}


@pytest.mark.parametrize(
    ("path", "behaviour"),
    [
        ("/assets/a.js", ASSETS),
        ("/assets/deep/a.jpeg", ASSETS),
        ("/assets/", ASSETS),
        ("/assets", DEFAULT),
        ("/Assets/a.js", DEFAULT),
        ("/deep/b.jpeg", PICTURES),
        ("/b.jpg", DEFAULT),
        ("/", DEFAULT),
        ("/not/assets/a.js", DEFAULT),
    ],
)
def test_the_first_pattern_that_matches_decides(path: str, behaviour: dict[str, str]) -> None:
    assert behaviours.behaviour_of(CONFIG, path) is behaviour


def test_without_behaviours_the_default_one_is_for_all() -> None:
    assert behaviours.behaviour_of({"DefaultCacheBehavior": DEFAULT}, "/assets/a.js") is DEFAULT


def test_a_behaviour_names_its_origin() -> None:
    assert behaviours.origin_of(CONFIG, PICTURES)["OriginPath"] == "/x"


def test_errors_with_a_page_of_their_own() -> None:
    assert behaviours.error_page(CONFIG, 403)["ResponsePagePath"] == "/e.html"
    assert behaviours.error_page(CONFIG, 404) == {}


@pytest.mark.parametrize(
    ("said", "limits", "seconds"),
    [
        ("public, max-age=60", (0, 100, 1000), 60),
        ("max-age=60", (100, 100, 1000), 100),
        ("max-age=6000", (0, 100, 1000), 1000),
        ("max-age=60, s-maxage=30", (0, 100, 1000), 30),
        ("", (0, 100, 1000), 100),
        ("no-cache", (0, 100, 1000), 0),
        ("no-store", (1, 100, 1000), 1),
        ("private, max-age=60", (0, 100, 1000), 0),
        ("max-age=60", (0, 0, 0), 0),
    ],
)
def test_an_answer_is_kept_between_the_policys_limits(said: str, limits: tuple[int, int, int], seconds: int) -> None:
    least, default, most = limits
    policy = {"MinTTL": least, "DefaultTTL": default, "MaxTTL": most}
    assert behaviours.lifetime_s(said, policy) == seconds


def test_only_reading_is_allowed_where_nothing_is_said() -> None:
    assert behaviours.allowed_methods({}) == ["GET", "HEAD"]
    assert behaviours.allowed_methods({"AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS"]}})[2] == "OPTIONS"
