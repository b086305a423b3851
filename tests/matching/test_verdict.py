from mockproxy.matching import Check, Verdict

METHOD = Check("method", True, "POST", "POST", weight=3, similarity=1)
PATH = Check("path", False, "/users", "/user", weight=10, similarity=0.4)
JSON = Check("json", False, "'a'", "'b'", location="$.name", weight=3)


def test_a_check_is_one_line_with_a_tick_or_a_cross():
    assert [str(check) for check in (METHOD, PATH, JSON)] == [
        "✓ method  POST",
        "✗ path    expected /users, got /user",
        "✗ json    $.name: expected 'a', got 'b'",
    ]


def test_each_criterion_counts_by_its_weight():
    assert Verdict((METHOD, PATH, JSON)).score == (3 + 4) / 16


def test_one_check_that_fails_decides():
    assert [Verdict(checks).ok for checks in ((METHOD,), (METHOD, JSON))] == [True, False]
