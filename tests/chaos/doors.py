"""The desk's doors as clients use them: SMTP, the portal's pages, the API. Every answer becomes what a client knows."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import urlsplit, urlunsplit

import aiosmtplib
import httpx2
from selectolax.lexbor import LexborHTMLParser

from tests.chaos.evidence import Json
from tests.chaos.history import Outcome, Told

SMTP_SECONDS = 20.0
HTTP_SECONDS = 15.0
#: Clients come from so many addresses, so that caps by address do not hold them all back.
CLIENT_ADDRESSES = 24
#: Contents of files that go with something.
Files = Sequence[bytes]
_POLICY = SMTP.clone(max_line_length=998)
#: The same at every try, as everything else that is sent.
_IN_PARTS = "multipart/form-data; boundary=what-the-load-sends"
_RECEIPT = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True)
class Place:
    """A door: the link that leads to it, and its port there."""

    link: str
    port: int


def octets(message: EmailMessage) -> bytes:
    """A mail as it goes over the wire: the same octets at every try."""
    raw = message.as_bytes(policy=_POLICY)
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


async def send_mail(door: Place, sender: str, recipient: str, raw: bytes) -> Told:
    """Hand one mail to an SMTP door; a yes tells the receipt."""
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=door.port, timeout=SMTP_SECONDS, start_tls=False, local_hostname="load.example"
    )
    try:
        async with asyncio.timeout(SMTP_SECONDS * 2):
            await client.connect()
            await client.mail(sender)
            await client.rcpt(recipient)
            code, text = await client.data(raw)
    except aiosmtplib.SMTPResponseException as error:
        outcome = Outcome.FAIL if error.code >= 500 else Outcome.UNKNOWN
        return Told(outcome, error.code, str(error.message)[:120])
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return Told(Outcome.UNKNOWN, None, type(error).__name__)
    finally:
        client.close()
    receipt = _RECEIPT.search(text)
    return Told(Outcome.OK, code, receipt[0] if receipt else "")


class Web:
    """HTTP clients from several addresses of the loopback network.

    Args:
        token: of an agent's program.
        kept: connections that each client keeps for its next request at most; one may be closed just then.
    """

    def __init__(self, token: str = "", kept: int = 20) -> None:
        self._token = token
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=kept)
        self._clients = [
            httpx2.AsyncClient(transport=self.transport(f"127.0.7.{number + 1}", limits), timeout=HTTP_SECONDS)
            for number in range(CLIENT_ADDRESSES)
        ]
        self._next = 0

    def transport(self, address: str, limits: httpx2.Limits) -> httpx2.AsyncBaseTransport:
        """What leads from an address of ours to the door."""
        return httpx2.AsyncHTTPTransport(local_address=address, limits=limits)

    def keeping_none(self) -> "Web":
        """The same clients, with a new connection for each request; close it as well."""
        return Web(self._token, kept=0)

    async def close(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients))

    async def request(self, door: Place, method: str, path: str, **more: object) -> httpx2.Response | None:
        """The answer, whatever it is; none where there was none."""
        self._next = (self._next + 1) % len(self._clients)
        url = f"http://127.0.0.1:{door.port}{path}"
        try:
            async with asyncio.timeout(HTTP_SECONDS * 2):
                return await self._clients[self._next].request(method, url, **more)  # type: ignore[arg-type]
        except (httpx2.HTTPError, OSError, TimeoutError):
            return None
        except AttributeError as error:
            # Under uvloop a connection that is reset as soon as it stands has no socket when anyio looks at it.
            if error.name != "getpeername" or error.obj is not None:
                raise
            return None

    async def api(
        self, door: Place, method: str, path: str, body: Json, *, files: Files = (), **headers: str
    ) -> httpx2.Response | None:
        """A request of an agent's program; keyword names become headers (``Idempotency_Key``)."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Authorization": f"Bearer {self._token}", **named}
        if files:
            headers["Content-Type"] = _IN_PARTS
            return await self.request(door, method, f"/api/v1{path}", data=body, files=_parts(files), headers=headers)
        return await self.request(door, method, f"/api/v1{path}", json=body, headers=headers)

    async def shown(self, door: Place, path: str) -> httpx2.Response | None:
        """What the API or a page of the workspace shows an agent's program, or says instead."""
        return await self.request(door, "GET", path, headers={"Authorization": f"Bearer {self._token}"})

    async def page(self, door: Place, path: str) -> str | None:
        """A page's text; none where it is not shown."""
        answer = await self.request(door, "GET", path)
        return answer.text if answer is not None and answer.status_code == 200 else None

    async def post_form(self, door: Place, path: str, values: dict[str, str], files: Files = ()) -> Told:
        """A form is posted as a browser does."""
        headers = {"Origin": f"http://127.0.0.1:{door.port}"}
        if files:
            headers["Content-Type"] = _IN_PARTS
        return told(await self.request(door, "POST", path, data=values, files=_parts(files) or None, headers=headers))


def _parts(files: Files) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("attachments", (f"photo-{n}.png", content, "image/png")) for n, content in enumerate(files, 1)]


def told(answer: httpx2.Response | None) -> Told:
    """What a client knows by an HTTP answer: 429 and 5xx mean later, any other 4xx means no."""
    if answer is None:
        return Told(Outcome.UNKNOWN)
    code = answer.status_code
    if code < 400:
        return Told(Outcome.OK, code)
    later = code in {408, 425, 429} or code >= 500
    again = answer.headers.get("Retry-After", "")
    seconds = float(again) if later and again.isdecimal() else 0.0
    return Told(Outcome.UNKNOWN if later else Outcome.FAIL, code, answer.text[:200], seconds)


def not_shown(answer: httpx2.Response | None, what: str) -> Told:
    """What a client knows that was not shown what it must see first: it comes again, whatever it was told."""
    said = told(answer)
    return Told(Outcome.UNKNOWN, said.code, f"{what} was not shown", said.again_seconds)


def hidden_fields(page: str) -> dict[str, str]:
    """The fields of a page's form that its reader does not see."""
    form = LexborHTMLParser(page).css_first("main form") or LexborHTMLParser(page).css_first("form")
    inputs = form.css("input[type=hidden]") if form else []
    return {str(node.attributes["name"]): node.attributes.get("value") or "" for node in inputs}


def path_of(url: str) -> str:
    """A link without scheme and host: the same page through any door."""
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))
