from concurrent.futures import ThreadPoolExecutor

import pytest

from mockproxy.credentials.refresh import RefreshTokens
from mockproxy.errors import CredentialError


def spent(tokens, token):
    try:
        return tokens.spend(token)
    except CredentialError:
        return None


def test_a_token_stands_for_its_claims():
    tokens = RefreshTokens()

    assert tokens.spend(tokens.issue({"sub": "ada"})) == {"sub": "ada"}


def test_a_token_can_be_spent_once():
    tokens = RefreshTokens()
    token = tokens.issue({"sub": "ada"})
    tokens.spend(token)

    with pytest.raises(CredentialError, match="the refresh token was used before"):
        tokens.spend(token)


def test_a_token_of_nobody_is_refused():
    with pytest.raises(CredentialError, match="the refresh token is not one that this issuer gave out"):
        RefreshTokens().spend("made-up")


def test_tokens_for_the_same_claims_differ():
    tokens = RefreshTokens()

    assert tokens.issue({"sub": "ada"}) != tokens.issue({"sub": "ada"})


def test_of_many_threads_with_one_token_a_single_one_gets_the_claims():
    tokens = RefreshTokens()
    token = tokens.issue({"sub": "ada"})

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: spent(tokens, token), range(64)))

    assert [claims for claims in results if claims is not None] == [{"sub": "ada"}]
