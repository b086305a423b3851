import re

from mockproxy.matching import StartsWith
from mockproxy.matching.path_criterion import path_criterion, path_similarity


def test_no_path_is_any_path():
    assert path_criterion(None).match("*") == {}


def test_the_more_alike_the_higher():
    template = path_criterion("/users/{id}")
    assert path_similarity(template, "/users/7/x") > path_similarity(template, "/orders/7/x") > 0


def test_similarity_is_at_most_one_half():
    assert path_similarity(path_criterion("/users/"), "/users") <= 0.5


def test_what_is_no_template_has_no_similar_paths():
    assert [path_similarity(path_criterion(path), "/a") for path in (re.compile("/b"), StartsWith("/b"))] == [0.0, 0.0]


def test_long_paths_are_compared_by_their_beginning():
    assert path_similarity(path_criterion("/" + "a" * 60_000), "/" + "a" * 59_999) == 0.5
