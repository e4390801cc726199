"""Loads that have a name, and what options make of them."""

import json
from dataclasses import asdict

import pytest

from loadtests.profiles import MEANING, PROFILES, Profile


def test_every_profile_says_what_it_means() -> None:
    assert MEANING.keys() == PROFILES.keys()


@pytest.mark.parametrize("users", [1, 2, 7, 1000])
@pytest.mark.parametrize("name", PROFILES)
def test_a_number_of_users_keeps_the_mix(name: str, users: int) -> None:
    profile = PROFILES[name]
    changed = profile.with_users(users)
    kinds = ("chatters", "guests", "lurkers", "reconnectors")
    present = [kind for kind in kinds if getattr(profile, kind)]
    assert [kind for kind in kinds if getattr(changed, kind)] == present
    assert changed.users == max(users, len(present))


def test_options_that_were_not_given_change_nothing() -> None:
    assert PROFILES["smoke"].changed(rate=None) == PROFILES["smoke"]
    assert PROFILES["smoke"].changed(rate=3.0).rate == 3.0


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_worker_gets_what_the_master_has(profile: Profile) -> None:
    assert Profile.of_dict(json.loads(json.dumps(asdict(profile)))) == profile
