"""Forms are served from rows and taken once; what cannot be taken is shown again with what was typed."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.portal_gateway.domain.form_values import TRAP
from shared.contracts.intake import FormSubmitted
from shared.contracts.state import FieldSpec, TypeState
from shared.ids import derived_id
from tests.integration.portal_gateway.portal.conftest import StartSite
from tests.integration.portal_gateway.portal.site import LIMIT, SHOP, Site, hidden, text_of
from tests.unit.portal_gateway.portal.builders import STATUSES


async def test_the_bare_address_leads_to_the_open_forms(site: Site) -> None:
    """P5, P12, P13: the brand and every open form are there; closed ones and those of retired types are not."""
    bare = await site.http.get("/")
    assert (bare.status_code, bare.headers["location"]) == (303, "/portal")
    page = await site.http.get("/portal")
    shown = text_of(page.text)
    assert "Lagoon & Reef" in shown
    assert "Ask us something" in shown
    assert "Report a device" in shown
    assert "Closed form" not in shown
    assert "retired" not in shown
    for key in ("closed", "old", "missing", "%00"):
        gone = await site.http.get(f"/portal/forms/{key}")
        assert gone.status_code == 404
        assert "There is nothing here" in gone.text
        assert gone.headers["x-correlation-id"] in gone.text
    styles = await site.http.get("/portal/brand.css?v=4")
    assert styles.text == ":root{--brand:#0b5d6b}\n"


async def test_pages_are_kept_by_nobody_and_run_nothing_inline(site: Site) -> None:
    """Every page of the portal: no cache, no search engine, no referrer, a policy without inline code."""
    for path in ("/portal", "/portal/forms/request", "/portal/forms/missing", "/portal/requests/wrong"):
        page = await site.http.get(path)
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "unsafe-inline" not in page.headers["content-security-policy"]
        assert "<style" not in page.text
        assert " style=" not in page.text
        assert " onclick" not in page.text


async def test_the_form_follows_its_type_without_a_restart(site: Site) -> None:
    """P10, P11, P12: each type's fields are on its own form; a changed type shows on the next load."""
    page = await site.http.get("/portal/forms/hardware")
    assert "Which shop?" in page.text
    assert "Which shop?" not in (await site.http.get("/portal/forms/request")).text
    serial = FieldSpec(key="serial", label="Serial number")
    await site.put(TypeState(version=2, key="hardware", label="Hardware", statuses=STATUSES, fields=(serial, SHOP)))
    page = await site.http.get("/portal/forms/hardware")
    assert page.text.index("Serial number") < page.text.index("Which shop?")
    assert page.text.count("(optional)") == 2, "the serial number and the files"


async def test_a_form_speaks_the_readers_language(site: Site) -> None:
    """E17: our words are the reader's, the administrator's stay; the page says which language it is in."""
    page = await site.http.get("/portal/forms/hardware", headers={"Accept-Language": "pt-PT,pt;q=0.9"})
    assert '<html lang="pt"' in page.text
    assert "O seu nome" in page.text
    assert "Which shop?" in page.text
    refused = await site.http.post(
        "/portal/forms/hardware", data={**hidden(page.text), "name": "Ana"}, headers={"Accept-Language": "es"}
    )
    assert "Faltan 4 respuestas" in refused.text


async def test_a_good_form_stands_on_the_log_and_shows_its_number_at_once(site: Site) -> None:
    """P4, P6: values by key, files in the store, the language of the page; the number is on the page that follows."""
    values = await site.fields("hardware", fields__shop="porto")
    files = [
        ("files", ("tank é.jpg", b"\xff\xd8picture", "image/jpeg")),
        ("files", ("tank é.jpg", b"other", "image/jpeg")),
    ]
    posting = asyncio.create_task(site.post(values, "hardware", files=files, headers={"Accept-Language": "fr"}))
    record = (await site.submitted())[0]
    sent = record.body
    assert isinstance(sent, FormSubmitted)
    assert (sent.form, sent.name, sent.address, sent.title) == (
        "hardware",
        "Ana Torres",
        "ana@cliente.example",
        "Fish stopped eating",
    )
    assert (sent.values, sent.language) == ({"shop": "porto"}, "fr")
    assert [(file.name, file.size_bytes) for file in sent.attachments] == [("tank é.jpg", 9), ("tank é (2).jpg", 5)]
    assert await site.blobs.get(sent.attachments[0].blob_key) == b"\xff\xd8picture"
    assert record.envelope.id == record.envelope.correlationid == sent.receipt_id
    assert record.record.key == str(sent.receipt_id).encode()
    await site.answer_form(sent)
    answer = await posting
    assert answer.status_code == 303
    page = await site.http.get(answer.headers["location"])
    assert page.status_code == 200
    shown = text_of(page.text)
    assert "#1042" in shown
    assert "ana@cliente.example" in shown
    assert "Since Saturday." in shown
    assert "tank é.jpg" in shown
    assert "ana%40cliente" not in answer.headers["location"], "no address in an address"


async def test_twice_clicked_is_one_request_with_one_number(start: StartSite) -> None:
    """P6: at once over two replicas, and again later: one receipt, the same page."""
    site = await start(replicas=2)
    values = await site.fields()
    clicks = [
        asyncio.create_task(client.post("/portal/forms/request", data=values))
        for client in (*site.clients, *site.clients)
    ]
    sent = (await site.submitted())[0].body
    assert isinstance(sent, FormSubmitted)
    await site.answer_form(sent)
    answers = await asyncio.gather(*clicks)
    assert {answer.status_code for answer in answers} == {303}
    later = await site.post(values)
    pages = [await site.http.get(answer.headers["location"]) for answer in (*answers, later)]
    assert all("#1042" in page.text for page in pages)
    await site.wire.settle()
    receipts = {r.body.receipt_id for r in site.wire.seen if isinstance(r.body, FormSubmitted)}
    assert receipts == {sent.receipt_id}


async def test_other_words_under_the_same_token_are_asked_about(site: Site) -> None:
    """The form page keeps them and offers to send them as a new request, under a fresh token."""
    values = await site.fields()
    first = asyncio.create_task(site.post(values))
    sent = (await site.submitted())[0].body
    assert isinstance(sent, FormSubmitted)
    await site.answer_form(sent)
    await first
    changed = {**values, "text": "And now another thing."}
    refused = await site.post(changed)
    assert refused.status_code == 422
    assert "Send as a new request" in refused.text
    assert "And now another thing." in refused.text
    fresh = hidden(refused.text)
    assert fresh["form_token"] != values["form_token"]
    again = asyncio.create_task(site.post({**changed, **fresh}))
    second = (await site.submitted(2))[1].body
    assert isinstance(second, FormSubmitted)
    await site.answer_form(second, 1043)
    page = await site.http.get((await again).headers["location"])
    assert "#1043" in page.text


REFUSED: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"fields.shop": ""}, "One thing is missing", "Choose an answer to “Which shop?”."),
    ({"fields.shop": "faro"}, "Please check one thing", "Choose an answer to “Which shop?”."),
    ({"address": "ana"}, "Please check one thing", "This e-mail address does not look complete."),
    ({"address": "support@desk.example"}, "Please check one thing", "This is our own address."),
    ({"title": " ", "text": ""}, "2 things are missing", "Tell us what happened."),
    ({TRAP: "http://spam.example"}, "A hidden field was filled in", "perhaps a program did it"),
)


async def test_a_refused_form_creates_nothing_and_keeps_all(site: Site) -> None:
    """P11: 422, the summary links to the field, the sentence stands at it, the token stays."""
    good = await site.fields("hardware", fields__shop="porto")
    for changes, summary, sentence in REFUSED:
        refused = await site.post({**good, **changes}, "hardware")
        assert refused.status_code == 422
        shown = text_of(refused.text)
        assert summary in shown
        assert sentence in shown
        assert hidden(refused.text)["form_token"] == good["form_token"]
        for name in {"name", "text", "title", "address"} - set(changes):
            assert good[name] in refused.text
        name = next(iter(changes)).replace(".", "-")
        assert (f'href="#q-{name}"' in refused.text) == (name != TRAP)
        assert (f'id="q-{name}-error"' in refused.text) == (name != TRAP)
    await site.wire.settle(0.5)
    assert site.wire.seen == []


async def test_a_page_that_was_open_for_days_asks_to_send_again(site: Site) -> None:
    """A token that is too old, foreign or missing makes nothing; the page comes back with a fresh one."""
    old = site.token_of("request", datetime.now(UTC) - timedelta(days=3))
    foreign = site.token_of("hardware", datetime.now(UTC))
    for token in (old, foreign, "", "x" * 50):
        refused = await site.post({**site.form, "form_token": token})
        assert refused.status_code == 422
        assert "open for too long" in refused.text
        assert "Since Saturday." in refused.text
        assert hidden(refused.text)["form_token"] not in {token, ""}
    await site.wire.settle(0.5)
    assert site.wire.seen == []


async def test_files_that_are_too_large_cost_no_typed_word(site: Site) -> None:
    """The page says so and keeps the text, also text behind the files; nothing is sent, nothing is stored."""
    values = await site.fields()
    files = [("files", (f"{n}.bin", b"x" * (LIMIT // 2 + 1), "application/octet-stream")) for n in range(2)]
    refused = await site.post(values, files=files)
    assert refused.status_code == 413
    assert "These files are too large" in refused.text
    assert "100 kB" in refused.text
    assert "Since Saturday." in refused.text
    assert "Please choose your files again." in refused.text
    many = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(11)]
    refused = await site.post(values, files=many)
    assert (refused.status_code, "Too many files" in refused.text) == (413, True)
    await site.wire.settle(0.5)
    assert site.wire.seen == []


async def test_more_than_twenty_posts_a_minute_wait(start: StartSite) -> None:
    """Over 20 a minute from one client, counted over both replicas, the form answers 429 and keeps what was typed."""
    site = await start(replicas=2)
    for turn in range(20):
        answer = await site.clients[turn % 2].post("/portal/forms/request", data=site.form)
        assert answer.status_code == 422
    for client in site.clients:
        slow = await client.post("/portal/forms/request", data=site.form)
        assert slow.status_code == 429
        assert 0 < int(slow.headers["retry-after"]) <= 60
        assert "Since Saturday." in slow.text
    assert (await site.http.get("/portal/forms/request")).status_code == 200, "reading goes on"
    kept = await site.hosts[0].pool.fetch("select key from pace")
    assert len(kept) == 20
    assert not any("127.0.0.1" in row["key"] for row in kept), "of an address only a keyed hash is kept"


async def test_who_was_told_to_wait_takes_nothing_that_others_need(start: StartSite) -> None:
    """A flood on a form is put off from memory: queueing for the count it would hold the connections of all pages."""
    site = await start()
    for _ in range(20):
        await site.http.post("/portal/forms/request", data=site.form)
    assert (await site.http.post("/portal/forms/request", data=site.form)).status_code == 429
    async with site.hosts[0].pool.acquire() as connection, connection.transaction():
        await connection.execute("lock table pace in access exclusive mode")
        again = await site.http.post("/portal/forms/request", data=site.form)
    assert again.status_code == 429
    assert 0 < int(again.headers["retry-after"]) <= 60
    assert "Since Saturday." in again.text


async def test_with_the_broker_away_the_form_answers_503_and_keeps_all(start: StartSite) -> None:
    """DESIGN §4: the same token, so that trying again is safe; pages read on."""
    site = await start(follow=False, broker="127.0.0.1:9")
    values = await site.fields()
    refused = await site.post(values)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "Nothing you typed is lost" in refused.text
    assert "Since Saturday." in refused.text
    assert hidden(refused.text)["form_token"] == values["form_token"]
    assert (await site.http.get("/portal")).status_code == 200


async def test_an_answer_that_is_late_is_caught_up_with(site: Site) -> None:
    """P6: the page says that it was received, looks again by itself without scripts, and then shows the number."""
    answer = await site.post(await site.fields())
    assert answer.status_code == 303
    page = await site.http.get(answer.headers["location"])
    assert page.status_code == 202
    assert "We have what you sent" in page.text
    assert '<noscript><meta http-equiv="refresh" content="1; url=' in page.text
    looking = asyncio.create_task(site.http.get(f"{answer.headers['location']}?again=1"))
    sent = (await site.submitted())[0].body
    assert isinstance(sent, FormSubmitted)
    await site.answer_form(sent)
    assert "#1042" in (await looking).text
    foreign = await site.http.get("/portal/sent/" + "x" * 50)
    assert foreign.status_code == 404


async def test_a_confirmation_shows_its_own_message_only(site: Site) -> None:
    """R7: what came later, or is not for customers to read any more, is not on it."""
    posting = asyncio.create_task(site.post(await site.fields()))
    sent = (await site.submitted())[0].body
    assert isinstance(sent, FormSubmitted)
    made = await site.answer_form(sent)
    location = (await posting).headers["location"]
    assert "Since Saturday." in (await site.http.get(location)).text
    name = derived_id(sent.receipt_id, "message")
    async with site.hosts[0].pool.acquire() as connection:
        await connection.execute("update message set state = jsonb_set(state, '{public}', 'false') where id = $1", name)
    page = await site.http.get(location)
    assert f"#{made.number}" in page.text
    assert "Since Saturday." not in page.text


async def test_wrong_methods_and_paths_get_a_page_of_the_portal(site: Site) -> None:
    """People see a page, whatever was asked for."""
    for answer in (await site.http.get("/portal/nothing/here"), await site.http.put("/portal/forms/request")):
        assert answer.status_code in {404, 405}
        assert "Lagoon & Reef" in answer.text or "Help" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
