"""What holds for any bytes at all."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.intake.domain.address_list import read_addresses
from services.intake.domain.charset import decode_text
from services.intake.domain.headers import decode_words
from services.intake.domain.parameters import read_parameters
from services.intake.domain.parsed_mail import ParsedMail, Unreadable
from services.intake.domain.reading import read_mail
from services.intake.domain.reply.trimming import trim
from services.intake.domain.sanitise import sanitise
from services.intake.domain.storable import storable
from tests.unit.intake.fuzzing import broken
from tests.unit.intake.reply_samples import ATTRIBUTIONS, LABELS, SIGNED
from tests.unit.intake.test_sanitise import faults

PIECES = (
    b"From: a@b.example\r\n", b"Subject: =?utf-8?q?=C3=A9?=\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/alternative; boundary=c\r\n", b"Content-Type: text/html; charset=gb2312\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Transfer-Encoding: base64\r\n", b"--b\r\n", b"--c\r\n", b"--b--\r\n",
    b"\r\n", b"\n", b"> quoted\r\n", b"On 1/1/2016 10:00 A <a@b> wrote:\r\n", b"begin 644 x\r\n", b"end\r\n", b"\x00",
    b"\xff", b"=?", b"?=", b"<div>", b"</blockquote>", b"Final-Recipient: rfc822; a@b\r\n", b"Received: x\r\n",
)  # fmt: skip
octets = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=40).map(b"".join),
)
lines = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["", "> ", "-- ", "--", "____________", "From: x", "To: y", "Sent: z", "Subject: s", "Yes."]),
    st.sampled_from([text for table in (ATTRIBUTIONS, SIGNED) for texts in table.values() for text in texts]),
    st.sampled_from([f"{label}: x" for labels in LABELS.values() for label in labels]),
)
TAGS = (
    "<p>", "</p>", "<table>", "<td>", "<svg>", "<math>", "<style>", "</style>", "<!--", "-->", "<a href='", "'>",
    "<script>", "<img src=x onerror=y>", "</script>", "<noscript>", "<template>", "javascript:", "&#x3c;", '"', "<",
)  # fmt: skip
markup = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(TAGS)), max_size=30).map("".join)


@given(octets)
@settings(max_examples=120, deadline=None)
def test_any_bytes_end_in_a_value(raw: bytes) -> None:
    """R3: a mail is read, or it is not and says why; nothing raises, and all of it can be stored."""
    found = read_mail(raw)
    assert isinstance(found, ParsedMail | Unreadable)
    assert storable(found) == found
    if isinstance(found, ParsedMail):
        assert found.text
        assert found.reply


@given(octets)
@settings(max_examples=80, deadline=None)
def test_readers_of_parts_take_any_bytes(raw: bytes) -> None:
    """Each reader below is total by itself."""
    decode_text(raw, raw[:12].decode("latin-1"))
    decode_words(raw.decode("latin-1"))
    read_parameters(raw)
    assert all("@" in one.address for one in read_addresses([raw]))


@given(markup)
@settings(max_examples=120, deadline=None)
def test_sanitising_is_stable_and_safe(html: str) -> None:
    """S19: whatever is nested in whatever, twice is once, and nothing runs or fetches."""
    once = sanitise(html)
    assert once is not None
    assert sanitise(once) == once
    assert faults(once) == []


@given(st.lists(lines, max_size=25).map("\n".join))
@example("a\n\n> b\n\nc")
@settings(max_examples=150, deadline=None)
def test_trimming_never_invents_text(text: str) -> None:
    """Every line of the reply is a line of the text, in its order; something is left where anything was."""
    rest = iter(line.rstrip() for line in text.split("\n"))
    reply = trim(text)
    assert all(line.rstrip() in rest for line in reply.split("\n") if line.strip())
    assert bool(reply.strip()) == bool(text.strip())


def test_broken_mails_end_in_values() -> None:
    """S16: mails broken at random, the same each time; the long run is `make fuzz`."""
    for raw in broken(150, seed=7):
        found = read_mail(raw)
        assert isinstance(found, ParsedMail) or found.code in {"empty", "head_too_large"}
