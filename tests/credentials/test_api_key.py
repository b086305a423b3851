import pytest

from mockproxy.credentials.api_key import ApiKeyCredential
from mockproxy.credentials.authorization import parse
from mockproxy.credentials.secret import tag


@pytest.mark.parametrize("value", ["ApiKey k-123", "apikey  k-123", "APIKEY k-123 "])
def test_the_key_follows_its_scheme(value):
    credential = parse(value)

    assert credential == ApiKeyCredential("k-123")
    assert credential.scheme == "apikey"


def test_the_repr_shows_a_tag():
    assert repr(ApiKeyCredential("k-123")) == f"ApiKeyCredential(key={tag('k-123')})"
