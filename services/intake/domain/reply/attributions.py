"""How mailers announce what they quote, as data: in the languages of our users, and in a few more that mailers speak.

Regular expressions, matched without case.
"""

# ruff: noqa: RUF001 - words of many alphabets

#: "wrote", as mailers put it between a name or a date and the quotation.
WROTE = (
    r"\bwrote\b|\bwrites\b|\bsaid\b",  # English
    r"\bescribi[óo]\b|\bescribe\b|\bescrito\b",  # Spanish
    r"\bescreveu\b|\bescreve\b",  # Portuguese
    r"\b(?:a|à) [ée]crit\b|\b[ée]crit\b|\ba exprim[ée]\b",  # French
    r"\bschrieb\b|\bschreibt\b|\bgeschrieben\b|\bhat geschrieben\b",  # German
    r"\bha scritto\b|\bscrive\b|\bscritto\b",  # Italian
    r"\bschreef\b|\bschrijft\b|\bgeschreven\b|\bheeft .{0,80}geschreven\b",  # Dutch
    r"\bskrev\b|\bskriver\b|\bskrevet\b",  # Swedish, Danish, Norwegian
    r"\bkirjoitti\b|\bkirjoittaa\b",  # Finnish
    r"\bnapisał\w*|\bpisze\b",  # Polish
    r"\bnapsal\w*|\bp[íi][šs]e\b",  # Czech
    r"\bнаписал\w*|\bпишет\b|\bписал\w*|\bнаписав|\bпише\b",  # Russian, Ukrainian
    r"書きました|のメール|のメッセージ|wrote",  # Japanese
    r"写道|寫道|写到",  # Chinese
    r"\bscris\b|\bírta\b|\byazdı\b|\bέγραψε\b|작성|napísal\w*",
)
#: How an announcement begins that has the date first.
ON = (
    r"on\b|at\b",
    r"el\b|em\b|no dia\b|a\b",
    r"le\b|am\b|il\b|in data\b|il giorno\b|op\b|den\b|på\b|tors|to\b|ke\b|w dniu\b|dnia\b|dne\b",
    r"в\b|на\b|\d{1,2}[ .]|\d{4}",
    r"在|於|于|20\d\d年",
)
#: A separator of the quoted or forwarded mail, between dashes.
ORIGINAL = (
    r"original message|original e-?mail|original appointment|reply message|reply separator",
    r"forwarded (?:message|mail|by)|forwarded from",
    r"mensaje original|mensaje reenviado|mensagem original|mensagem (?:en|reen)caminhada",
    r"message d'origine|message original|message d’origine|message transf[ée]r[ée]",
    r"urspr[üu]ngliche (?:nachricht|mail|e-mail)|originalnachricht|original[ -]?nachricht|weitergeleitete nachricht",
    r"messaggio (?:originale|inoltrato)|oorspronkelijk bericht|origineel bericht|doorgestuurd bericht",
    r"ursprungligt meddelande|originalmeddelande|vidarebefordrat (?:meddelande|brev)",
    r"oprindelig (?:meddelelse|besked|mail)|videresendt (?:meddelelse|besked|melding)|opprinnelig melding",
    r"alkuper[äa]inen viesti|v[äa]litetty viesti|edelleenl[äa]hetetty viesti",
    r"(?:oryginalna )?wiadomo[śs][ćc](?: oryginalna| przekazana)?|przekazana wiadomo[śs][ćc]",
    r"p[ůu]vodn[íi] (?:zpr[áa]va|e-mail|mail)|p[řr]eposlan[áa] zpr[áa]va",
    r"(?:исходное|оригинальное|пересылаемое|пересланное|перенаправленное) сообщение|original-nachricht",
    r"元のメッセージ|転送(?:された)?メッセージ|original message",
    r"原始(?:邮件|郵件|信息|訊息)|转发(?:的)?(?:邮件|信息)|轉寄(?:的)?(?:郵件|訊息)|邮件原件",
)
#: The same without dashes, a line of its own.
BEGIN = (
    r"begin forwarded message|start of forwarded message",
    r"inicio del mensaje reenviado|in[íi]cio da mensagem (?:reencaminhada|encaminhada)",
    r"d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|anfang der weitergeleiteten nachricht",
    r"inizio messaggio inoltrato|begin doorgestuurd bericht|vidarebefordrat brev|start p[åa] videresendt",
    r"pocz[ąa]tek przekazywanej wiadomo[śs]ci|начало (?:пересылаемого|переадресованного) сообщения",
    r"転送されたメッセージ|下面是被转发的邮件",
)
#: Labels of a quoted header block, by what they name.
LABELS = {
    "from": (
        r"from|de|von|da|van|från|fra|lähettäjä|od|от|от кого|від|差出人|送信者|发件人|寄件者|寄件人|发信人|"
        r"보낸 ?사람|gönderen"
    ),
    "date": (
        r"sent|date|enviad[oa](?: em| el)?|fecha|data|envoy[ée]|gesendet|datum|inviato|verzonden|skickat|sendt|dato|"
        r"lähetetty|päivä(?:ys|määrä)?|wysłano|data wysłania|odesl[áa]no|отправлено|дата|送信日時|日時|日付|"
        r"发送时间|寄件日期|日期|发送日期|時間|时间|傳送時間"
    ),
    "to": r"to|para|an|a|à|aan|till|til|vastaanottaja|do|komu|кому|宛先|收件人|收件者|받는 ?사람",
    "cc": r"cc|kopie|kopia|kopi|kopio|copia|copie|c[oó]pia|копия|抄送|副本",
    "subject": (
        r"subject|asunto|assunto|betreff|oggetto|objet|onderwerp|ämne|emne|aihe|temat|předmět|predmet|тема|件名|"
        r"主题|主旨|标题|제목|re"
    ),
    "other": (
        r"reply[- ]to|antwort an|r[ée]pondre à|responder a|rispondi a|risposta|antwoord aan|odpowiedz|importance|"
        r"attachments|anlagen|priority|organization"
    ),
}


def _told(what: str, where: str) -> str:
    return rf"(?:{what}) (?:\w+ ){{0,5}}(?:{where})"


#: The sender says that answers stand inside the quotation.
INLINE = (
    r"\b(?:in[ -]?line|interleaved|between the lines)\b",
    _told(r"repl(?:y|ies)|answers?|comments?|respon[sd]\w*|notes?|see|marked", "below|in (?:red|blue|green|bold)"),
    r"\bbelow in (?:red|blue|green|bold)|(?:answers?|comments?) in (?:red|blue|green|bold|capitals)",
    _told("respuestas?|respondo|contesto|comentarios?|ver", "abajo|m[áa]s abajo|debajo|en (?:rojo|azul|negrita)"),
    _told("respostas?|respond[oi]|coment[áa]rios?|ver|veja", "abaixo|em baixo|a (?:vermelho|azul)|em vermelho"),
    _told("r[ée]ponses?|r[ée]ponds|commentaires?|voir", "ci-dessous|dans le (?:texte|corps)|en (?:rouge|bleu|gras)"),
    _told(r"antwort\w*|kommentar\w*|siehe|s\.", r"unten|im text|in (?:rot|blau|fett)|darunter") + r"|s\. u\.",
    _told("risposte?|rispondo|commenti|vedi", "sotto|in (?:rosso|blu|grassetto)|nel testo"),
    _told(r"antwoord\w*|opmerking\w*|reactie|zie", "hieronder|onder|in (?:rood|blauw|de tekst)"),
    _told(r"svar\w*|kommentar\w*|se", "nedan|nedenfor|under|i (?:r[öø]tt|r[øo]d|bl[åa]tt|teksten|texten)"),
    _told(r"vastau\w*|kommen\w*|katso", "alla|punaisella|tekstissä"),
    _told(r"odpowied\w*|komentarz\w*|patrz", "poni[żz]ej|na czerwono|w tek[śs]cie"),
    _told(r"odpov[ěe]d\w*|koment[áa][řr]\w*|viz", "n[íi][žz]e|[čc]erven[ěe]|v textu"),
    _told(r"ответ\w*|комментари\w*|смотри\w*|см\.", "ниже|красным|в тексте"),
    r"(?:以下|下記|下|本文中)に.{0,6}(?:回答|返信|記入|コメント)|インラインで|赤字",
    r"(?:见|見|请看|請看|回复|回覆|回答)(?:.{0,6})(?:下文|下方|以下|红字|紅字|文中)|红色|紅色",
)
#: A line that mailers of help desks write above what they sent.
ABOVE = (
    r"(?:please )?(?:reply|type|write|respond|enter)(?: your (?:reply|response|answer))? above this line",
    r"(?:responda|escriba su respuesta|responda acima|escreva a sua resposta acima) .{0,30}(?:l[íi]nea|linha)",
    r"r[ée]pondre au-dessus de cette ligne|bitte .{0,20}oberhalb dieser (?:zeile|linie)|antworten sie oberhalb",
)
#: What mailers put before the subject of an answer, and of a forwarded mail.
ANSWERED = r"re|aw|sv|vs|odp|res|rif|r|antw|ynt|回复|答复|回覆|返信|ответ|ha|απ"
FORWARDED = r"fwd?|fw|wg|tr|rv|enc|i|doorst|vb|vl|vid|pd|ilt|转发|轉寄|転送|пересл|fs|továbbítás|tov"
