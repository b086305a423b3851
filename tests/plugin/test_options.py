import pytest

PEOPLE = """
import pathlib, pytest

def test_people(mock_faker):
    pathlib.Path("people").write_text(" ".join(mock_faker.name() for _ in range(20)))
"""


def people(run, pytester, *arguments):
    run(PEOPLE, *arguments).assert_outcomes(passed=1)
    return (pytester.path / "people").read_text()


def test_another_seed_makes_other_data(run, pytester):
    assert people(run, pytester, "--mockproxy-seed", "7") != people(run, pytester)


def test_the_same_seed_makes_the_same_data(run, pytester):
    assert people(run, pytester, "--mockproxy-seed=7") == people(run, pytester, "--mockproxy-seed=7")


def test_the_seed_is_0_unless_told_otherwise(run, pytester):
    assert people(run, pytester) == people(run, pytester, "--mockproxy-seed", "0")


def test_a_seed_that_is_no_number_is_refused(run):
    result = run(PEOPLE, "--mockproxy-seed", "many")

    result.stderr.fnmatch_lines(["*--mockproxy-seed: invalid int value: 'many'*"])


DEFAULTS = """
class Audit:
    async def intercept(self, scope, receive, send): ...

class Shop:
    interceptors = [Audit]

class Nothing:
    interceptors = []
"""

ENTERED = """
import requests

def test_it(mock_target, make_mock_proxy):
    mock_target.on("GET").reply(text="ok")
    proxy = make_mock_proxy(mock_target)
    requests.get(proxy.url)
    assert proxy.exchanges.only().trace.entered == ["Audit"]
"""


def test_the_ini_option_names_the_settings_of_every_proxy(run, pytester):
    pytester.makepyfile(shop_settings=DEFAULTS)

    run(ENTERED, "-o", "mockproxy_settings=shop_settings.Shop", "-o", "pythonpath=.").assert_outcomes(passed=1)


@pytest.mark.parametrize("named", ["option", "environment"])
def test_settings_that_cannot_be_loaded_tell_who_named_them(run, monkeypatch, named):
    path = "shop_settings.Shop"
    if named == "environment":
        monkeypatch.setenv("MOCKPROXY_SETTINGS_MODULE", path)
    result = run(ENTERED, "-o", f"mockproxy_settings={path if named == 'option' else 'another.Shop'}")

    how = "ini option mockproxy_settings" if named == "option" else "environment variable MOCKPROXY_SETTINGS_MODULE"
    result.stdout.fnmatch_lines([f"*the settings '{path}', named by the {how}, cannot be loaded: *"])


def test_an_argument_of_the_proxy_goes_before_the_ini_option(run, pytester):
    pytester.makepyfile(shop_settings=DEFAULTS)
    source = ENTERED.replace("(mock_target)\n", "(mock_target, settings='shop_settings.Shop')\n")

    run(source, "-o", "mockproxy_settings=shop_settings.Nothing", "-o", "pythonpath=.").assert_outcomes(passed=1)


FALSE_SETTINGS = """
import pytest, requests

class Audit:
    async def intercept(self, scope, receive, send): ...

class Mapped(dict):
    interceptors = [Audit]

def test_it(mock_target, make_mock_proxy):
    mock_target.on("GET").reply(text="ok")
    proxy = make_mock_proxy(mock_target, settings=Mapped())
    requests.get(proxy.url)
    assert proxy.exchanges.only().trace.entered == ["Audit"]
    with pytest.raises(ValueError, match="the settings '', given as `settings=`, are no dotted path"):
        make_mock_proxy(mock_target, settings="")
"""


def test_settings_of_an_argument_count_where_they_are_false(run):
    run(FALSE_SETTINGS).assert_outcomes(passed=1)
