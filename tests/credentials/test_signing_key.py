import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from mockproxy.credentials.signing_key import signing_key
from mockproxy.errors import ConfigurationError


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def refusal(algorithm="HS256", *, secret=None, private_key=None):
    with pytest.raises(ConfigurationError) as raised:
        signing_key(algorithm, secret=secret, private_key=private_key)
    return str(raised.value)


def test_a_secret_that_is_made_is_long_enough_and_nobody_elses():
    made = [signing_key("HS256", secret=None, private_key=None).private for _ in range(2)]

    assert [len(secret) for secret in made] == [32, 32]
    assert made[0] != made[1]


def test_a_secret_as_text_is_its_utf_8():
    assert signing_key("HS256", secret="ä" * 16, private_key=None).private == "ä".encode() * 16


def test_a_short_secret_is_refused_with_its_length():
    assert refusal(secret="k" * 31) == (
        "a secret of 31 bytes is too short for HS256: RFC 7518 section 3.2 asks for 32 or more; leave it out to have "
        "one made"
    )


def test_a_key_pair_that_is_made_has_the_size_of_the_rfc():
    key = signing_key("RS256", secret=None, private_key=None).public

    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048


def test_a_curve_that_is_made_is_the_one_of_the_rfc():
    key = signing_key("ES256", secret=None, private_key=None).public

    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_a_key_in_pem_is_taken():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert signing_key("RS256", secret=None, private_key=pem(private)).public == private.public_key()


def test_a_key_in_pem_may_be_octets():
    private = ec.generate_private_key(ec.SECP256R1())

    assert signing_key("ES256", secret=None, private_key=pem(private).encode()).public == private.public_key()


def test_a_key_of_another_family_is_refused():
    curve = pem(ec.generate_private_key(ec.SECP256R1()))

    assert refusal("RS256", private_key=curve).endswith("and RS256 needs an RSA key")


def test_a_key_on_another_curve_is_refused():
    curve = pem(ec.generate_private_key(ec.SECP384R1()))

    assert refusal("ES256", private_key=curve).endswith("and ES256 needs a key on the curve P-256")


def test_a_short_rsa_key_is_refused_with_its_length():
    short = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))

    assert refusal("RS256", private_key=short) == (
        "an RSA key of 1024 bits is too short for RS256: RFC 7518 section 3.3 asks for 2048 or more"
    )


def test_what_is_no_key_is_refused():
    assert refusal("ES256", private_key="no key") == "private_key is not an unencrypted private key in PEM format"


def test_a_locked_key_is_refused():
    locked = pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"locked"))

    assert refusal("ES256", private_key=locked) == "private_key is not an unencrypted private key in PEM format"


def test_an_unknown_algorithm_is_refused_with_the_ones_there_are():
    assert refusal("none") == "unknown token algorithm 'none': choose one of HS256, RS256, ES256"


def test_a_key_of_the_wrong_kind_is_refused():
    assert "secret= is for HS256" in refusal("RS256", secret="k" * 32)
    assert "private_key= is for RS256 and ES256" in refusal("HS256", private_key="PEM")


@pytest.mark.parametrize("arguments", ["'RS256'", "'ES256', private_key='PEM'"])
def test_a_key_pair_without_cryptography_names_the_extra(arguments):
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from mockproxy.credentials import TokenIssuer\n"
        "from mockproxy.errors import MissingExtra\n"
        "TokenIssuer().token(sub='ada')\n"
        f"try: TokenIssuer({arguments})\n"
        "except MissingExtra as missing: print(missing.extra, missing, sep=': ')\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    algorithm = arguments[1:6]
    assert shown == f"rsa: {algorithm} tokens needs an optional dependency: pip install 'mockproxy[rsa]'\n"


def test_the_repr_hides_the_key():
    assert repr(signing_key("HS256", secret="k" * 32, private_key=None)) == "SigningKey(algorithm='HS256')"
