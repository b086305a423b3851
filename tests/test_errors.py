import pickle
import re

import pytest

from mockproxy import errors

CLASSES = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
}


def drawn():
    """The tree as the docstring draws it: each class with the one that it stands below."""
    above: list[str] = []
    tree = {}
    for line in errors.__doc__.splitlines():
        found = re.match(r" {4}([│├└─ ]*)(\w+)(?: \((\w+)\))?(?: {2,}\S|$)", line)
        if found:
            depth = len(found[1]) // 4
            above[depth:] = [found[2]]
            tree[found[2]] = above[depth - 1] if depth else None
    return tree


def test_the_tree_that_is_drawn_is_the_tree_that_there_is():
    assert drawn() == {
        name: next((base.__name__ for base in error.__bases__ if base.__name__ in CLASSES), None)
        for name, error in CLASSES.items()
    }


def test_bad_input_is_a_value_error():
    assert issubclass(errors.ConfigurationError, ValueError)


@pytest.mark.parametrize("kind", [errors.RecordError, errors.UnexpectedTrouble])
def test_what_fails_a_test_is_an_assertion_error(kind):
    assert issubclass(kind, AssertionError)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.MalformedMessage, 400),
        (errors.CredentialError, 401),
        (errors.Unmatched, 501),
        (errors.UpstreamError, 502),
        (errors.UpstreamTimeout, 504),
    ],
)
def test_some_errors_say_which_status_the_client_is_given(kind, status):
    assert kind("why").status_code == status


def test_a_refused_request_is_a_400_unless_told_otherwise():
    assert errors.RefusedRequest("why").status_code == 400
    assert errors.RefusedRequest("why", status_code=413).status_code == 413


@pytest.mark.parametrize("kind", [errors.RefusedRequest, errors.CredentialError])
def test_a_refusal_may_say_which_fields_its_answer_carries(kind):
    assert kind("why", headers={"Allow": "GET"}).headers == {"Allow": "GET"}
    assert kind("why").headers == {}


@pytest.mark.parametrize(
    "error",
    [
        errors.MissingExtra("content coding br", "br"),
        errors.Unmatched("why", place="test_a.py:3"),
        errors.RefusedRequest("why", status_code=405, headers={"Allow": "GET"}),
        errors.CredentialError("why", headers={"WWW-Authenticate": "Bearer"}),
    ],
)
def test_an_error_comes_whole_out_of_another_process(error):
    arrived = pickle.loads(pickle.dumps(error))

    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))


def test_trouble_knows_the_place_that_declared_what_went_wrong():
    assert errors.Unmatched("why", place="test_a.py:3").place == "test_a.py:3"
    assert errors.Unmatched("why").place is None


def test_a_missing_extra_says_how_to_install_it():
    error = errors.MissingExtra("content coding 'br'", "br")

    assert str(error) == "content coding 'br' needs an optional dependency: pip install 'mockproxy[br]'"
    assert error.extra == "br"


def test_unexpected_trouble_holds_the_troubles():
    troubles = (errors.Unmatched("a"), errors.HandlerFailed("b"))

    assert errors.UnexpectedTrouble("two", troubles).troubles == troubles
