"""A test of its own for what only routing knows of a target; how routes choose is tested through the proxy."""

from http.client import HTTPConnection

from mockproxy import ProxyServer, TargetServer, UpstreamError


def _status(proxy: ProxyServer) -> int:
    connection = HTTPConnection(proxy.host, proxy.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_target_that_was_stopped_is_a_target_that_is_down() -> None:
    target = TargetServer().start()
    with ProxyServer(target) as proxy:
        target.stop()

        assert _status(proxy) == 502
        assert isinstance(proxy.exchanges.only().error, UpstreamError)


def test_a_target_that_was_started_again_is_asked_where_it_is_now() -> None:
    target = TargetServer().start()
    target.on("GET", "/").reply(204)
    with ProxyServer(target) as proxy:
        target.stop()
        target.start()
        try:
            assert _status(proxy) == 204
        finally:
            target.stop()
