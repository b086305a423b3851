import inspect

import aiohttp
import pytest

from mockproxy.client.session_options import SessionOptions, check_options


def test_every_option_is_one_of_aiohttps():
    assert SessionOptions.__annotations__.keys() <= inspect.signature(aiohttp.ClientSession).parameters.keys()


def test_an_option_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(TypeError, match=r"no option 'timeuot'; there are auto_decompress, .*, timeout, "):
        check_options({"timeuot": 1})
