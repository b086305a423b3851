import threading

from mockproxy.hosting.wsgi import is_wsgi
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import hello


def greet(environ, start_response):
    """Answers with the thread that it runs in."""
    body = threading.current_thread().name.encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


class Greeting:
    def __call__(self, environ, start_response):
        return greet(environ, start_response)


class Body:
    """Each object of it is the body of one answer, as PEP 3333 has it."""

    def __init__(self, environ, start_response):
        start_response("200 OK", [("Content-Length", "5")])

    def __iter__(self):
        yield b"hello"


def test_a_class_whose_objects_are_bodies_is_an_application():
    with TargetServer(Body) as target:
        assert ask(target).text == "hello"


def test_it_is_told_by_what_it_is_called_with():
    assert is_wsgi(greet)
    assert is_wsgi(Greeting())
    assert is_wsgi(Body)
    assert not is_wsgi(hello)
    assert not is_wsgi("greet")


def test_it_runs_in_a_thread_beside_the_loop():
    with TargetServer(Greeting()) as target:
        thread = ask(target).text

    assert thread not in {"mockproxy", threading.current_thread().name}
    assert target.exchanges.only().response.text == thread


def test_an_application_that_never_answers_does_not_hold_up_the_exit():
    daemons = []

    def app(environ, start_response):
        daemons.append(threading.current_thread().daemon)
        start_response("204 No Content", [])
        return []

    with TargetServer(app) as target:
        assert ask(target).status == 204

    assert daemons == [True]
