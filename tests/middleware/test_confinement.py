import pytest

from mockproxy.errors import RefusedRequest
from mockproxy.middleware.confinement import confined


@pytest.mark.parametrize("path", ["/base/a", "/base/a/../b", "/base/a%2Fb//c", "/base/..."])
def test_a_path_below_its_prefix_is_returned_as_it_is(path):
    assert confined(path, "/base/") == path


@pytest.mark.parametrize("path", ["/base/../admin", "/base/%2e%2E/admin", "/base/a/../../admin", "/base/..%2fadmin"])
def test_a_path_whose_dots_lead_out_is_refused_with_400(path):
    with pytest.raises(RefusedRequest) as refusal:
        confined(path, "/base/")

    assert refusal.value.status_code == 400
    assert str(refusal.value) == f"the dot segments of {path!r} lead out of '/base/'"
