"""Showing that a secret was there, and which, without telling it.

A tag is the beginning of a digest, so equal secrets show equal tags in every process, report and recording.
That also lets whoever reads a tag *confirm a guess*: the tag of ``hunter2`` can be found by trying words, while a
random token stays hidden.
The prefix keeps tags out of tables of ready-made digests and does no more; a key would have to be shared by all workers
and kept for as long as two reports are to be compared.
"""

import re
from collections.abc import Set
from hashlib import sha256
from typing import Any
from urllib.parse import unquote_plus

_DOMAIN = b"mockproxy.secret\x00"

# Compared with names freed of case and punctuation: one entry finds X-Api-Key, api_key, apiKey and user[api-key].
_SECRET_ENDINGS = (
    "accesskey",
    "apikey",
    "authkey",
    "authorization",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "functionskey",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "passwordconfirmation",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signingkey",
    "subscriptionkey",
    "token",
)
# As a parameter these open doors by themselves: ``key`` of Google's services, ``sig`` and ``signature`` of presigned
# URLs, ``session`` and ``sid`` of sessions without cookies, the rest of OAuth 2.0 (RFC 7521 section 4, RFC 7636
# section 4.5) and SAML. Elsewhere they are everyday words.
_SECRET_PARAMETERS = frozenset(
    {"assertion", "auth", "clientassertion", "codeverifier", "key", "pass", "samlresponse", "session", "sid", "sig"}
)
# An authorization code is a ``code`` beside one of these (RFC 6749 sections 4.1.2 and 4.1.3), and any code without.
_BESIDE_AN_AUTHORIZATION_CODE = frozenset({"state", "granttype"})
# Three parts in base64url, of which the first is a JSON object (RFC 7515 section 7.1); one that is not signed ends with
# a dot.
_JWT = re.compile(r"(?<![A-Za-z0-9_\-.])eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*(?![A-Za-z0-9_\-.])")
_URL_FIELDS = frozenset({"content-location", "location", "referer", "x-original-url", "x-rewrite-url"})
# A lone word in an Authorization field is more often a key sent without its scheme than one of these without its key.
_SCHEMES_SEEN_ALONE = frozenset({"apikey", "basic", "bearer", "digest", "dpop", "negotiate", "ntlm", "token"})

_PUNCTUATION = re.compile(r"[^a-z0-9]")
_USERINFO = re.compile(r"\A((?:[A-Za-z][A-Za-z0-9+.\-]*:)?//)([^/?#]+)@")


def tag(secret: str | bytes) -> str:
    """What stands for ``secret`` wherever it would be shown: ``****(sha 9f2c1a)``, equal for equal secrets.

    Of an empty one there is nothing to hide: ``(empty)``.
    """
    if not secret:
        return "(empty)"
    octets = secret.encode("utf-8", "surrogatepass") if isinstance(secret, str) else secret
    return f"****(sha {sha256(_DOMAIN + octets).hexdigest()[:6]})"


def is_secret_field(name: str) -> bool:
    """Whether a header field, a cookie jar's name or a JSON member of this name holds something to hide."""
    return _squeezed(name).endswith(_SECRET_ENDINGS)


def is_scheme_alone(word: str) -> bool:
    """Whether a single word as the value of an Authorization field is a scheme that lacks its credentials."""
    return word.lower() in _SCHEMES_SEEN_ALONE


def redact_field(name: str, value: str) -> str:
    """The value of a header field with tags for its secrets.

    What is harmless stays: the scheme of a credential, the names of cookies and the attributes of ``Set-Cookie``, and
    all of a URL but its user information and its secret parameters.
    A JSON Web Token is a secret in any field.
    """
    lowered = name.lower()
    if lowered in _URL_FIELDS:
        return redact_url(value)
    if not is_secret_field(name):
        return _JWT.sub(lambda match: tag(match[0]), value)
    if lowered == "cookie":
        return ";".join(_redact_pair(pair) for pair in value.split(";"))
    if lowered == "set-cookie":
        cookie, semicolon, attributes = value.partition(";")
        return f"{_redact_pair(cookie)}{semicolon}{attributes}"
    if lowered.endswith("authorization"):
        return _redact_credential(value)
    return _tagged(value)


def redact_query(raw_query: str) -> str:
    """A query or a urlencoded form with tags for the values of its secret parameters; every other octet as it was."""
    parameters = raw_query.split("&")
    names = {_squeezed(unquote_plus(parameter.partition("=")[0])) for parameter in parameters}
    more = {"code"} if names & _BESIDE_AN_AUTHORIZATION_CODE else frozenset[str]()
    return "&".join(_redact_parameter(parameter, more) for parameter in parameters)


def redact_url(url: str) -> str:
    """A URL or a raw request target with tags for user information and for secrets in query and fragment."""
    before_fragment, hash_sign, fragment = url.partition("#")
    before_query, question_mark, query = before_fragment.partition("?")
    address = _USERINFO.sub(lambda match: f"{match[1]}{tag(match[2])}@", before_query)
    return f"{address}{question_mark}{redact_query(query)}{hash_sign}{redact_query(fragment)}"


def redact_json(value: Any) -> Any:
    """A copy of a JSON value with tags for everything that stands under a secret name; null, true and false stay."""
    if isinstance(value, dict):
        return {
            name: _redact_leaves(name, member) if is_secret_field(name) else redact_json(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [redact_json(member) for member in value]
    return value


def _redact_leaves(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redact_leaves(name, member) for key, member in value.items()}
    if isinstance(value, list):
        return [_redact_leaves(name, member) for member in value]
    if value is None or isinstance(value, bool):
        return value
    return redact_field(name, str(value))


def _redact_credential(value: str) -> str:
    scheme, space, credentials = value.strip(" \t").partition(" ")
    if space:
        return f"{scheme} {_tagged(credentials)}"
    return scheme if is_scheme_alone(scheme) else _tagged(scheme)


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if equals:
        return f"{name}={_tagged(value)}"
    return _tagged(pair)  # browsers read it as the value of a cookie without a name


def _redact_parameter(parameter: str, more: Set[str]) -> str:
    name, equals, value = parameter.partition("=")
    if not equals:
        return parameter
    content = unquote_plus(value, errors="surrogateescape")
    if _is_secret_parameter(unquote_plus(name), more) or _JWT.fullmatch(content):
        return f"{name}={_tagged(content)}"
    return parameter


def _is_secret_parameter(name: str, more: Set[str]) -> bool:
    squeezed = _squeezed(name)
    known = squeezed in _SECRET_PARAMETERS or squeezed in more
    return known or is_secret_field(name) or squeezed.endswith("signature")


def _tagged(value: str) -> str:
    secret = value.strip(" \t")
    return tag(secret) if secret else value


def _squeezed(name: str) -> str:
    return _PUNCTUATION.sub("", name.lower())
