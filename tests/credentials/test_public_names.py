import pytest

import mockproxy.credentials


@pytest.mark.parametrize("name", mockproxy.credentials.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(mockproxy.credentials, name) is not None


def test_another_name_is_missing_as_from_any_module():
    with pytest.raises(AttributeError, match=r"module 'mockproxy\.credentials' has no attribute 'Nobody'"):
        mockproxy.credentials.Nobody  # noqa: B018 - reading it is the test
