"""Ready-made proxy middleware: small objects for ``use`` and ``middlewares=[...]`` that say what they do to a message.

Knows the chain and the messages, and nothing of sockets, routes, servers or aiohttp; whoever refuses raises.
A new one is a file of its own here, split by ``yield``, with ``name`` as its last keyword, and one line below.
"""

from mockproxy.middleware.add_basic import AddBasic
from mockproxy.middleware.add_bearer import AddBearer
from mockproxy.middleware.add_header import AddHeader
from mockproxy.middleware.add_prefix import AddPrefix
from mockproxy.middleware.compress import Compress
from mockproxy.middleware.decompress import Decompress
from mockproxy.middleware.remove_header import RemoveHeader
from mockproxy.middleware.require_api_key import RequireApiKey
from mockproxy.middleware.require_basic import RequireBasic
from mockproxy.middleware.require_bearer import RequireBearer
from mockproxy.middleware.rewrite_path import RewritePath
from mockproxy.middleware.strip_prefix import StripPrefix

__all__ = [
    "AddBasic",
    "AddBearer",
    "AddHeader",
    "AddPrefix",
    "Compress",
    "Decompress",
    "RemoveHeader",
    "RequireApiKey",
    "RequireBasic",
    "RequireBearer",
    "RewritePath",
    "StripPrefix",
]
