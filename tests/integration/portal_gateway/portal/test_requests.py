"""A request's page by a signed link: the public conversation and nothing else, and an answer that is there at once."""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2

from shared.contracts.intake import RequestPageAnswered
from shared.contracts.state import Address, AttachmentRef, ItemState, MessageState
from tests.chaos.proxy import BlackHole, Pass, Proxy
from tests.integration.portal_gateway.portal.conftest import StartSite
from tests.integration.portal_gateway.portal.site import Site, hidden, text_of
from tests.support.servers import MakeDatabase
from tests.support.waiting import eventually
from tests.unit.portal_gateway.portal.builders import message, person, ref

OTHER_NONCE = "8899aabbccddeeff"


async def stored(site: Site, name: str, content: bytes, kind: str = "text/plain") -> AttachmentRef:
    """A file that lies in the store."""
    key = await site.blobs.put(uuid4(), content)
    return AttachmentRef(
        name=name, content_type=kind, size_bytes=len(content), sha256=key.rpartition("/")[2], blob_key=key
    )


async def test_the_page_shows_the_request_in_plain_words(site: Site) -> None:
    """P14: title, number, how far it is, who said what, the answers to the form's questions."""
    who = ref()
    rita = ref("rita@desk.example", name="Rita Almeida", staff=True)
    made = await site.open_item(who, type="hardware", status="waiting", assignee=rita, fields={"shop": "porto"})
    await site.put(
        message(made, "Olá, não liga.", html="<p>Olá</p><script>steal()</script>", full_text="Olá, não liga.\n> antes"),
        message(made, "Que modelo é? <b>HG</b> https://lagoon.example/x", by="staff", author=rita),
    )
    page = await site.http.get(site.link(made, who))
    assert page.status_code == 200
    shown = text_of(page.text)
    for words in (made.title, f"#{made.number}", "Received", "Your turn", "Rita needs an answer", "Olá, não liga."):
        assert words in shown
    assert "Which shop? Porto" in shown
    assert "Waiting on customer" not in shown
    assert "rita@desk.example" not in page.text
    assert "steal()" not in page.text
    assert "&lt;b&gt;HG&lt;/b&gt;" in page.text
    assert "Show quoted text (1 line)" in shown


async def secrets_of(site: Site, made: ItemState) -> tuple[list[MessageState], str]:
    """Everything that no customer may read, each part with one canary; the messages and the canary."""
    canary = f"canary{uuid4().hex}"
    file = await stored(site, f"{canary}.txt", canary.encode())
    stranger = Address(address=f"{canary}@x.example", name=canary)
    hidden_ones = [
        message(made, canary, public=False, by="staff", attachments=(file,), subject=canary),
        message(made, canary, held=True, author=None, sender=stranger, attachments=(file,), html=canary),
        message(made, canary, item_id=uuid4(), attachments=(file,), full_text=canary),
    ]
    return hidden_ones, canary


def unnumbered(page: httpx2.Response) -> str:
    """An error's page, byte for byte but for its number, which no two have in common."""
    return page.text.replace(page.headers["x-correlation-id"], "…")


async def test_no_internal_or_held_byte_leaves_by_the_link(site: Site) -> None:
    """P31, R7, R19: neither page nor files nor long texts nor streams; the same 404 as for what never was."""
    who = ref()
    made = await site.open_item(who, tags=("canary-tag",), mailboxes=("canary-box",), team="canary-team")
    secrets, canary = await secrets_of(site, made)
    file = await stored(site, "open.txt", b"for all to read")
    await site.put(*secrets, message(made, "For all to read.", attachments=(file,)))
    link = site.link(made, who)
    page = await site.http.get(link)
    assert "For all to read." in page.text
    assert canary not in page.text
    assert "canary-" not in page.text
    never = await site.http.get(f"{link}/messages/{uuid4()}/files/0")
    assert never.status_code == 404
    for secret in secrets:
        for path in (f"{link}/messages/{secret.id}/files/0", f"{link}/messages/{secret.id}"):
            answer = await site.http.get(path)
            assert answer.status_code == 404
            assert canary not in answer.text
            assert unnumbered(answer) == unnumbered(never)
            assert not any(canary in value for value in answer.headers.values())


async def test_files_of_the_conversation_are_read_by_the_link_alone(site: Site) -> None:
    """R19: byte for byte by who may; shown only where they cannot run anything; no other link reads them."""
    who, other = ref(), ref("rui@cliente.example", nonce=OTHER_NONCE)
    picture = await stored(site, "tank é.png", b"\x89PNG", "image/png")
    page_file = await stored(site, "evil.html", b"<script>alert(1)</script>", "text/html")
    made = await site.open_item(who)
    theirs = await site.open_item(other)
    said = message(made, attachments=(picture, page_file))
    await site.put(said)
    base = f"{site.link(made, who)}/messages/{said.id}/files"
    shown = await site.http.get(f"{base}/0")
    assert shown.content == b"\x89PNG"
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''tank%20%C3%A9.png"
    evil = await site.http.get(f"{base}/1")
    assert evil.content == b"<script>alert(1)</script>"
    assert evil.headers["content-disposition"].startswith("attachment")
    for answer in (shown, evil):
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    for path in (f"{base}/2", f"{base}/-1", f"{site.link(theirs, other)}/messages/{said.id}/files/0"):
        assert (await site.http.get(path)).status_code == 404


async def test_a_long_message_is_read_whole(site: Site) -> None:
    """R24: the page has its beginning and leads to all of it, as text."""
    who = ref()
    made = await site.open_item(who)
    whole = json.dumps({"text": "A" * 70_000 + " the end", "html": "<script>x</script>"}).encode()
    said = message(made, "A" * 1000, body_blob=await site.blobs.put(uuid4(), whole))
    await site.put(said)
    page = await site.http.get(site.link(made, who))
    assert "Show the whole message" in page.text
    text = await site.http.get(f"{site.link(made, who)}/messages/{said.id}")
    assert text.text.endswith(" the end")
    assert text.headers["content-type"].startswith("text/plain")
    assert "script" not in text.text


async def test_every_link_that_opens_nothing_gets_the_same_page(site: Site) -> None:
    """R7: wrong, expired, withdrawn, of somebody inactive or of nothing: nobody learns which, reading or writing."""
    who, gone = ref(), ref("rui@cliente.example")
    made = await site.open_item(who)
    sleeping = ref("eva@cliente.example")
    theirs = await site.open_item(sleeping)
    await site.put(person(sleeping, active=False, version=2))
    good = site.link(made, who)
    wrong = [
        good[:-3] + ("xyz" if not good.endswith("xyz") else "abc"),
        site.link(made, who, age=-10),
        site.link(made, who, nonce=OTHER_NONCE),
        site.link(made, gone),
        site.link(theirs, sleeping),
        site.link(made.model_copy(update={"id": uuid4()}), who),
        "/portal/requests/" + "x" * 400,
        "/portal/requests/%F0%9F%90%9F",
    ]
    pages: list[str] = []
    for link in wrong:
        page = await site.http.get(link)
        assert page.status_code == 404
        posted = await site.http.post(link, data={"text": "Let me in", "form_token": "x"})
        assert posted.status_code == 404
        file = await site.http.get(f"{link}/messages/{uuid4()}/files/0")
        pages += map(unnumbered, (page, posted, file))
    assert len(set(pages)) == 1
    assert "The newest e-mail from us has a link that works." in pages[0]
    assert "give this number: …" in pages[0]
    assert (await site.http.get(good)).status_code == 200
    await site.wire.settle(0.5)
    assert site.wire.seen == []


async def test_an_answer_is_on_the_page_at_once(site: Site) -> None:
    """P14: it stands on the log as the link's person's word, and the page that follows shows it."""
    who = ref()
    made = await site.open_item(who)
    link = site.link(made, who)
    form = hidden((await site.http.get(link)).text)
    files = [("files", ("log.txt", b"it blinks", "text/plain"))]
    posting = asyncio.create_task(site.http.post(link, data={**form, "text": " Reiniciei,\r\nobrigada "}, files=files))
    record = (await site.wire.wait_for(RequestPageAnswered))[0]
    sent = record.body
    assert isinstance(sent, RequestPageAnswered)
    assert (sent.item_id, sent.person_id, sent.text) == (made.id, who.id, "Reiniciei,\nobrigada")
    assert await site.blobs.get(sent.attachments[0].blob_key) == b"it blinks"
    assert (record.envelope.actor, record.record.key) == (f"customer:{who.id}", str(made.id).encode())
    said = await site.answer_page(sent, made, who)
    answer = await posting
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"#m-{said.id}")
    page = await site.http.get(answer.headers["location"])
    assert "Reiniciei" in page.text
    assert "We have your answer." in page.text
    assert hidden(page.text)["form_token"] != form["form_token"]
    again = await site.http.post(link, data={**form, "text": "Reiniciei,\nobrigada"}, files=files)
    assert again.status_code == 303, "twice clicked finds the same answer"
    await site.wire.settle(0.5)
    assert len(site.wire.seen) == 1


async def test_an_answer_that_is_late_is_caught_up_with(site: Site) -> None:
    """The page says that it has it, and looks again by itself without scripts."""
    who = ref()
    made = await site.open_item(who)
    link = site.link(made, who)
    form = hidden((await site.http.get(link)).text)
    answer = await site.http.post(link, data={**form, "text": "Olá"})
    assert answer.status_code == 303
    page = await site.http.get(answer.headers["location"])
    assert "It appears here in a moment." in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text
    looking = asyncio.create_task(site.http.get(f"{answer.headers['location']}&again=1"))
    sent = (await site.wire.wait_for(RequestPageAnswered))[0].body
    assert isinstance(sent, RequestPageAnswered)
    await site.answer_page(sent, made, who)
    caught_up = await looking
    assert "http-equiv" not in caught_up.text
    assert "Olá" in text_of(caught_up.text)


async def test_answers_that_cannot_be_taken_are_kept(site: Site) -> None:
    """P11: nothing written, an old page, other words under the same token: told, kept, nothing on the log."""
    who = ref()
    made = await site.open_item(who)
    link = site.link(made, who)
    form = hidden((await site.http.get(link)).text)
    empty = await site.http.post(link, data={**form, "text": " "})
    assert (empty.status_code, "Write something before you send it." in empty.text) == (422, True)
    assert hidden(empty.text) == form, "the same token: nothing was made"
    old = await site.http.post(link, data={"text": "Olá", "form_token": site.token_of("request", datetime.now(UTC))})
    assert (old.status_code, "open for too long" in old.text) == (422, True)
    assert ">Olá</textarea>" in old.text
    long = await site.http.post(link, data={**form, "text": "x" * 70_000})
    assert (long.status_code, "This is too long." in long.text) == (422, True)
    await site.wire.settle(0.5)
    assert site.wire.seen == []
    await site.http.post(link, data={**form, "text": "First"})
    other = await site.http.post(link, data={**form, "text": "Second"})
    assert other.status_code == 422
    assert "Send as a new answer" in other.text
    assert ">Second</textarea>" in other.text
    assert hidden(other.text) != form


async def test_with_the_broker_away_the_answer_is_kept(start: StartSite) -> None:
    """DESIGN §4: the page reads on, the answer gets a 503 with everything typed and the same token."""
    site = await start(follow=False, broker="127.0.0.1:9")
    who = ref()
    made = await site.open_item(who)
    await site.put(message(made, "Still here."))
    link = site.link(made, who)
    page = await site.http.get(link)
    assert "Still here." in page.text
    refused = await site.http.post(link, data={**hidden(page.text), "text": "Olá"})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert ">Olá</textarea>" in refused.text
    assert hidden(refused.text) == hidden(page.text)


async def test_with_the_database_away_every_page_answers_503(start: StartSite, make_database: MakeDatabase) -> None:
    """DESIGN §4: a hanging database is told in seconds, a form that was served before is kept, and all recovers."""
    url = await make_database("portal_gateway")
    parts = urlsplit(url)
    proxy = Proxy("database", 0, parts.port or 5432, parts.hostname or "")
    await proxy.start()
    site = await start(database_url=url.replace(f":{parts.port}/", f":{proxy.port}/"))
    who = ref()
    link = site.link(await site.open_item(who), who)
    values = await site.fields()
    await proxy.behave(BlackHole())
    for path in ("/portal", "/portal/forms/request", link):
        away = await site.http.get(path)
        assert away.status_code == 503
        assert int(away.headers["retry-after"]) > 0
        assert "Lagoon & Reef" in text_of(away.text), "the brand that was seen last"
    refused = await site.post(values)
    assert refused.status_code == 503
    assert "Since Saturday." in refused.text
    assert hidden(refused.text)["form_token"] == values["form_token"]
    await proxy.behave(Pass())

    async def recovered() -> bool:
        return (await site.http.get(link)).status_code == 200

    await eventually(recovered, "the request's page again")
    await site.stop()
    await proxy.stop()
