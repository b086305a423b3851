from functools import partial
from pathlib import Path

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.entry import adapt, adapt_interceptor, name_of
from mockproxy.pipeline.phase import Phase


async def split(ctx):
    yield


async def wrapping(ctx, call_next):
    return await call_next()


async def prefixed(ctx, *, prefix):
    yield


class Split:
    async def __call__(self, ctx):
        yield


class Interceptor:
    async def intercept(self, scope, receive, send): ...


def no_coroutine(ctx): ...


def no_async_generator(ctx):
    yield


async def one_parameter_too_few():
    yield


async def one_parameter_too_many(ctx, call_next, more):
    return None


async def forgot_to_yield(ctx): ...


class Empty: ...


class SyncInterceptor:
    def intercept(self, scope, receive, send): ...


class YieldingInterceptor:
    async def intercept(self, scope, receive, send):
        yield


@pytest.mark.parametrize(
    "middleware", [split, wrapping, Split(), Interceptor(), Interceptor, partial(prefixed, prefix="/v1")]
)
def test_every_form_is_adapted(middleware):
    assert adapt(middleware, Phase.PROXY).phase is Phase.PROXY


@pytest.mark.parametrize(
    ("middleware", "finding"),
    [
        (no_coroutine, "'no_coroutine' is no middleware: it is a function without async"),
        (no_async_generator, "'no_async_generator' is no middleware: it is a generator without async"),
        (Split, "'Split' is no middleware: it is a class: register an instance of it"),
        (one_parameter_too_few, "'one_parameter_too_few' is no middleware: it is not callable as (ctx)"),
        (one_parameter_too_many, "is not callable as (ctx, call_next)"),
        (forgot_to_yield, "is not callable as (ctx, call_next)"),
        (None, "'NoneType' is no middleware: it is an object of type NoneType that cannot be called"),
        (Empty(), "it is an object of type Empty that cannot be called"),
        (SyncInterceptor(), "'SyncInterceptor' is no middleware: its `intercept` is a plain `def`: make it `async def"),
        (SyncInterceptor, "'SyncInterceptor' is no middleware: its `intercept` is a plain `def`: make it `async def"),
        (YieldingInterceptor, "'YieldingInterceptor' is no middleware: its `intercept` has a `yield`: it returns"),
    ],
)
def test_what_is_no_middleware_is_refused_where_it_is_registered(middleware, finding):
    with pytest.raises(TypeError) as refusal:
        adapt(middleware, Phase.PROXY)

    assert finding in str(refusal.value)
    assert "A middleware is `async def m(ctx): ...; yield; ...`" in str(refusal.value)


def test_an_unknown_phase_is_refused_with_those_that_there_are():
    with pytest.raises(
        ConfigurationError,
        match=r"unknown phase 'proxy'; the phases are Phase\.CLIENT_EDGE, Phase\.PROXY, Phase\.TARGET_EDGE",
    ):
        adapt(split, "proxy")


@pytest.mark.parametrize("interceptor", [SyncInterceptor, SyncInterceptor()])
def test_an_interceptor_that_is_not_async_is_refused(interceptor):
    with pytest.raises(TypeError, match=r"is no interceptor: its `intercept` is a plain `def`: make it `async def"):
        adapt_interceptor(interceptor)


def test_what_has_no_intercept_at_all_is_told_where_it_may_go():
    with pytest.raises(TypeError, match=r"it has no `async def intercept.*goes into `middlewares` or `use`"):
        adapt_interceptor(Split())


def test_an_entry_knows_the_place_that_registered_it():
    entry = adapt(split, Phase.PROXY)

    file, _, line = entry.place.rpartition(":")
    assert Path(file) == Path(__file__)
    assert int(line) == test_an_entry_knows_the_place_that_registered_it.__code__.co_firstlineno + 1


class Named:
    name = "the name"


class Nameless:
    name = ""


@pytest.mark.parametrize(
    ("middleware", "name"), [(Named(), "the name"), (split, "split"), (Split, "Split"), (Nameless(), "Nameless")]
)
def test_a_middleware_is_called_by_its_name_else_its_own_name_else_its_class(middleware, name):
    assert name_of(middleware) == name


def test_a_partial_is_called_as_its_function_unless_it_has_a_name_of_its_own():
    bound = partial(partial(prefixed), prefix="/v1")
    assert name_of(bound) == "prefixed"
    bound.name = "v1"
    assert name_of(bound) == "v1"
