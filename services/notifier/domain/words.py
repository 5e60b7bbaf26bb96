"""The fixed words of mails, in the languages of our users."""

_WORDS = {
    "en": {
        "answer": "Answer this mail, or see and answer your request here:",
        "about": "This is about your request",
        "assigned": "This was assigned to you:",
        "wrote": "wrote:",
        "files": "Files:",
    },
    "es": {
        "answer": "Responda a este correo, o vea y responda su solicitud aquí:",
        "about": "Esto es sobre su solicitud",
        "assigned": "Se le ha asignado:",
        "wrote": "escribió:",
        "files": "Archivos:",
    },
    "pt": {
        "answer": "Responda a este e-mail, ou veja e responda ao seu pedido aqui:",
        "about": "Isto é sobre o seu pedido",
        "assigned": "Foi-lhe atribuído:",
        "wrote": "escreveu:",
        "files": "Ficheiros:",
    },
    "fr": {
        "answer": "Répondez à ce courriel, ou consultez votre demande et répondez ici :",
        "about": "Ceci concerne votre demande",
        "assigned": "Ceci vous a été attribué :",
        "wrote": "a écrit :",
        "files": "Fichiers :",
    },
}


def words(language: str | None) -> dict[str, str]:
    """The words of a language; English where we do not speak it."""
    return _WORDS.get((language or "en")[:2].lower(), _WORDS["en"])
