"""The fixed words of mails, in the languages of our users."""

from typing import NamedTuple


class Words(NamedTuple):
    """Sentences of one language.

    Attributes:
        answer: above the link to a customer's page; open: above staff's.
        about: a subject without a word of the requester's own.
    """

    answer: str
    open: str
    about: str
    assigned: str
    wrote: str
    files: str
    failed: str
    failed_subject: str


_WORDS = {
    "en": Words(
        answer="Answer this mail, or see and answer your request here:",
        open="Open the ticket:",
        about="About your request",
        assigned="This was assigned to you:",
        wrote="wrote:",
        files="Files:",
        failed="A mail about this ticket did not arrive. It was for",
        failed_subject="A mail did not arrive:",
    ),
    "es": Words(
        answer="Responda a este correo, o vea y responda su solicitud aquí:",
        open="Abrir el ticket:",
        about="Sobre su solicitud",
        assigned="Se le ha asignado:",
        wrote="escribió:",
        files="Archivos:",
        failed="Un correo sobre este ticket no llegó. Era para",
        failed_subject="Un correo no llegó:",
    ),
    "pt": Words(
        answer="Responda a este e-mail, ou veja e responda ao seu pedido aqui:",
        open="Abrir o ticket:",
        about="Sobre o seu pedido",
        assigned="Foi-lhe atribuído:",
        wrote="escreveu:",
        files="Ficheiros:",
        failed="Um e-mail sobre este ticket não chegou. Era para",
        failed_subject="Um e-mail não chegou:",
    ),
    "fr": Words(
        answer="Répondez à ce courriel, ou consultez votre demande et répondez ici :",
        open="Ouvrir le ticket :",
        about="À propos de votre demande",
        assigned="Ceci vous a été attribué :",
        wrote="a écrit :",
        files="Fichiers :",
        failed="Un courriel sur ce ticket n'est pas arrivé. Il était pour",
        failed_subject="Un courriel n'est pas arrivé :",
    ),
}
LANGUAGES = tuple(_WORDS)


def words(language: str | None) -> Words:
    """The words of a language; English where we do not speak it."""
    return _WORDS.get((language or "en")[:2].lower(), _WORDS["en"])
