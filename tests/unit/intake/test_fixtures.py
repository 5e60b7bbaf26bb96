"""The fixtures' mails, each read as its README says."""

from pathlib import Path

import pytest

from services.intake.domain.parsed_mail import ParsedMail
from services.intake.domain.reading import read_mail

MAILS = Path(__file__).parents[2] / "fixtures" / "mails"
#: file number -> words of the subject, of the text, names of files, kind of automatic mail.
EXPECTED: dict[str, tuple[str, str, list[str], str | None]] = {
    "01": ("Internet cai a cada 10 minutos", "luz LOS", [], None),
    "03": ("RE: Internet cai", "", ["luzes da ONT.jpg"], None),
    "04": ("Fatura de Outubro cobrada", "€", [], None),
    "05": ("Contrato assinado", "", ["contrato-assinado.pdf"], None),
    "06": ("Mudança de casa", "", [], None),
    "07": ("Fibra muy lenta", "", [], None),
    "08": ("Re: Fibra muy lenta", "", ["mediciones.csv"], None),
    "09": ("SIN SERVICIO", "", [], None),
    "13": ("Fwd: Your order NW-5521", "", ["Your order NW-5521.eml"], None),
    "14": ("Guest wifi page", "", ["logo.png"], None),
    "18": ("Re: Caixa registadora", "", ["caixa.jpg", "caixa1.jpg"], None),
    "20": ("Re: La bomba", "", ["acuario-año-nuevo.jpg"], None),
    "24": ("Stock errado", "", ["stock.csv", "guia.pdf"], None),
    "26": ("Resposta automática", "", [], "auto_reply"),
    "27": ("Respuesta automática", "", [], "auto_reply"),
    "28": ("Returned mail", "", ["delivery-status.txt", "file"], "bounce"),
    "29": ("This week", "", [], "list"),
    "30": ("PROBLEM", "", [], "auto_reply"),
    "31": ("Leído", "", ["receipt.txt"], "receipt"),
    "42": ("Facturación", "", [], None),
    "43": ("Ligação em baixo na recepção", "", [], None),
    "45": ("Fotos del filtro", "", ["filtro.jpg"], None),
    "48": ("Balança não calibra", "", [], None),
    "49": ("Re: [#7]", "", [], "loop"),
    "52": ("Buzón con acento", "", [], None),
    "54": ("Invitation", "", ["calendar.ics"], None),
}


def read(number: str) -> ParsedMail:
    raw = next(MAILS.glob(f"{number}-*.eml")).read_bytes()
    found = read_mail(raw, desk="desk.example")
    assert isinstance(found, ParsedMail)
    return found


@pytest.mark.parametrize("number", EXPECTED)
def test_fixture_is_read_as_it_means(number: str) -> None:
    """Subjects, words, files and kinds of a day's mails in three languages."""
    subject, words, files, kind = EXPECTED[number]
    found = read(number)
    assert found.subject.startswith(subject)
    assert words in found.text
    assert [one.name for one in found.attachments] == files
    assert found.automatic == kind
    assert "\ufffd" not in found.subject + found.text


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_every_fixture_is_a_mail_with_text(path: Path) -> None:
    """R24: none is lost, none is empty, and each but the one without From has somebody to answer to."""
    found = read_mail(path.read_bytes())
    assert isinstance(found, ParsedMail)
    assert found.text
    assert (found.sender is None) == path.name.startswith("40-")


def test_reply_in_a_thread_is_its_own_words() -> None:
    """The follow-up of the fault report, without what it quotes."""
    found = read("02")
    assert found.reply.startswith("Esqueci-me de dizer")
    assert "luz LOS" not in found.reply
    assert "luz LOS" in found.text
    assert found.in_reply_to
