import asyncio
from http.cookies import SimpleCookie

import aiohttp
import pytest
from yarl import URL

from mockproxy.client.origin_jar import OriginJar

A = URL("http://127.0.0.1:8001/login")
B = URL("http://127.0.0.1:8002/login")


@pytest.fixture
def jar():
    """Made and used where a loop runs, as aiohttp does."""
    with asyncio.Runner() as runner:

        async def make():
            jar = OriginJar()
            jar.update_cookies(SimpleCookie("sid=1"), A)
            return jar, {url: values(jar.filter_cookies(url)) for url in (A, B, A.with_host("localhost"))}

        yield runner.run(make())


def values(cookies):
    return {name: morsel.value for name, morsel in cookies.items()}


def test_a_cookie_of_a_bare_ip_address_is_kept(jar):
    assert jar[1][A] == {"sid": "1"}


def test_another_port_of_the_host_never_gets_it(jar):
    assert jar[1][B] == {}


def test_another_name_of_the_host_never_gets_it(jar):
    assert jar[1][A.with_host("localhost")] == {}


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("http://a.test:80/", "http://a.test/"),
        ("http://a.test/", "http://a.test:80/"),
        ("http://127.0.0.1:8001/", "ws://127.0.0.1:8001/socket"),
    ],
)
def test_an_origin_is_the_same_in_whatever_way_it_is_written(given, asked):
    async def cookies():
        jar = OriginJar()
        jar.update_cookies({"sid": "1"}, URL(given))
        return values(jar.filter_cookies(URL(asked)))

    assert asyncio.run(cookies()) == {"sid": "1"}


def test_a_cookie_that_belongs_to_no_origin_goes_to_all_of_them():
    async def cookies():
        jar = OriginJar()
        jar.update_cookies({"everywhere": "1"})
        jar.update_cookies({"here": "2"}, A)
        return values(jar.filter_cookies(A)), values(jar.filter_cookies(B))

    assert asyncio.run(cookies()) == ({"everywhere": "1", "here": "2"}, {"everywhere": "1"})


def test_it_iterates_counts_and_clears_the_cookies_of_all_origins():
    async def story():
        jar = OriginJar()
        jar.update_cookies({"a": "1"}, A)
        jar.update_cookies({"b": "2"}, B)
        before = sorted(morsel.key for morsel in jar), len(jar)
        jar.clear(lambda morsel: morsel.key == "a")
        one = [morsel.key for morsel in jar]
        jar.clear_domain("127.0.0.1")
        return before, one, len(jar)

    assert asyncio.run(story()) == ((["a", "b"], 2), ["b"], 0)


@pytest.mark.skipif(not hasattr(aiohttp.CookieJar, "cookies"), reason="no jar of aiohttp tells that before 3.14")
def test_it_tells_what_it_holds_as_any_jar_of_aiohttp():
    async def told():
        jar = OriginJar()
        jar.update_cookies({"a": "1"}, A)
        names = [name for cookie in jar.cookies.values() for name in cookie]
        return jar.unsafe, jar.quote_cookie, names, [key[-1] for key in jar.host_only_cookies]

    assert asyncio.run(told()) == (True, True, ["a"], ["a"])
