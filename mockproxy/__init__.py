"""mockproxy: what really went over HTTP, for tests."""
