"""How vacation programs begin the subjects that they write by themselves, by language.

Only mailers that set no header (RFC 3834) need them. What follows must be a separator or the end, so that a human's
"Out of office chairs" stays a human's.
"""

# ruff: noqa: RUF001 - the phrases are of many alphabets

#: What ends such a phrase.
PHRASE_ENDS = r"\s*(?:$|[:：\-–—!.,;()\[\]<\"“„«]|re:)"
#: Regular expressions, matched without case at the beginning of a subject.
AWAY_SUBJECTS = (
    # English
    r"auto(?:mat(?:ic|ed))?[ -]?(?:re(?:ply|sponse|sponder)|answer)(?: message| from .{1,60})?",
    r"out[ -]of[ -](?:the[ -])?office(?: auto[ -]?reply| reply| message| notification| notice| auto[ -]?response)?",
    r"(?:vacation|holiday|away) (?:reply|response|notice|notification|message|auto[ -]?reply)",
    r"auto(?=: ?re:)|away from the office|on (?:vacation|holiday|(?:annual |parental |sick )?leave)|annual leave",
    r"i am (?:currently )?(?:away from (?:the office|my mail|my desk)|out of (?:the )?office|on (?:vacation|leave))",
    # German
    r"auto(?:matische)?[ -]?(?:antwort|abwesenheitsnotiz)",
    r"abwesenheits(?:notiz|nachricht|meldung|info|assistent|agent)(?:.{0,20}nachricht)?",
    r"(?:ich bin )?(?:derzeit |zur ?zeit )?nicht im (?:büro|haus)",
    # Dutch
    r"automatisch(?:e)? (?:antwoord|reactie|bericht)",
    r"afwezig(?:heids)?(?:bericht|heid|melding)?",
    # Spanish, Portuguese
    r"(?:respuesta|resposta) autom[áa]tica",
    r"autorespuesta|auto-resposta",
    r"(?:fuera|ausente) de (?:la )?oficina",
    r"(?:fora|ausente) do escrit[óo]rio",
    r"aus[êe]ncia (?:tempor[áa]ria|do escrit[óo]rio)",
    # French, Italian
    r"r[ée]ponse automatique",
    r"absence du bureau|message d'absence|notification d'absence|absent(?:\(e\)|e)? du bureau|absent\(e\)",
    r"risposta automatica",
    r"fuori (?:ufficio|sede)|assenza dall'ufficio",
    # Swedish, Danish, Norwegian, Finnish
    r"autosvar|autoreply|automatisk[t]? svar",
    r"frånvarobesked|frånvaro(?:meddelande)?|ikke (?:til stede|på kontoret)|fraværsbesked|fravær",
    r"automaattinen vastaus|poissa(?: toimistosta)?|poissaoloilmoitus",
    # Polish, Czech
    r"automatyczna odpowied[źz]|odpowied[źz] automatyczna|autoodpowied[źz]|nieobecno[śs][ćc]|poza biurem",
    r"automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr]|nep[řr][íi]tomnost",
    # Russian, Ukrainian
    r"автоматический ответ|автоответ|вне офиса|отсутствие на рабочем месте",
    r"автоматична відповідь|автовідповідь",
    # Japanese, Chinese, Korean, Turkish, Hungarian
    r"自動(?:返信|応答|返答)(?:メール)?|不在(?:通知|のお知らせ|応答)|外出中",
    r"自动(?:回复|答复)|自動回[覆復]|自動答覆|不在办公室|外出自动回复",
    r"자동 ?(?:회신|응답|답장)|부재 ?중",
    r"otomatik (?:yan[ıi]t|cevap)|i[şs] yerinde de[ğg]il",
    r"automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l",
)
