"""The application under test: a bookshop on Ravyn, with interceptors on three levels."""

from ravyn import Gateway, Include, Ravyn, Request, get

from .interceptors import MembersOnly, PlainIsbn, RequestId


@get("/{isbn}")
async def read_book(request: Request, isbn: str) -> dict[str, str]:
    return {"isbn": isbn, "request": request.headers["x-request-id"]}


@get("/")
async def health() -> dict[str, bool]:
    return {"open": True}


app = Ravyn(
    interceptors=[RequestId],
    routes=[
        Include(
            "/books",
            interceptors=[MembersOnly],
            routes=[Gateway(handler=read_book, interceptors=[PlainIsbn])],
        ),
        Gateway("/health", handler=health),
    ],
)
