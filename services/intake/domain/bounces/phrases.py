"""What mail servers say, as data: that a mail came back, and where the returned mail begins.

Regular expressions, matched without case. Sources: the texts of Postfix, Exim, Sendmail, qmail, Exchange, Microsoft
365, Google, Yahoo, Amazon and others, as they stand in their manuals and in mails.
"""

#: Local parts and names that mail servers write under.
DAEMONS = (
    r"mail(?:er)?[ ._-]?daemon|mdaemon",
    r"poo?st[ ._-]?master",
    r"mail[ ._-]?deliver(?:y|er)?[ ._-]?(?:sub)?[ ._-]?system",
    r"mail[ ._-]?delivery[ ._-]?(?:service|agent)",
    r"(?:mail|system) administrator",
    r"microsoft outlook",
    r"(?:interscan|mail) notification",
    r"bounces?(?=[-+.=@])",
)
#: Subjects of reports.
SUBJECTS = (
    # English
    r"undeliver(?:ed|able)|non[ -]?deliver",
    r"(?:not|cannot|unable to|could ?n[o']t) (?:be )?deliver",
    r"deliver(?:y|ance)?[ -](?:status|failure|failed|has failed|error|problem|report|notification|delayed|delay)",
    r"(?:mail|message|email)[ -](?:deliver|system error|failure|failed|could not|not delivered|undeliver)",
    r"failure notice|failed mail|failed delivery|delivery (?:attempt )?fail|permanent delivery",
    r"warning: .*(?:delayed|queue)",
    r"returned (?:mail|message|to sender)|return(?:ing|ed)? (?:message |mail )?to sender",
    r"error (?:sending|delivering)",
    # German, Dutch
    r"unzustellbar|nicht zugestellt|zustellung (?:fehlgeschlagen|nicht)|zustellfehler",
    r"niet (?:bezorgd|afgeleverd)|onbestelbaar|bezorging mislukt",
    # French, Italian
    r"non remis|non distribu|[ée]chec de (?:la )?(?:remise|livraison|distribution)",
    r"impossible de (?:remettre|distribuer)",
    r"mancato recapito|impossibile recapitare|mancata consegna|(?:consegna|recapito) non riuscit|non recapitabil",
    # Spanish, Portuguese
    r"no (?:se pudo|se ha podido) entregar|no entregado|error de entrega|fallo (?:en la|de) entrega",
    r"mensaje devuelto|mensagem devolvida",
    r"n[ãa]o (?:foi poss[íi]vel |p[ôo]de ser )?entreg|falha (?:na|de) entrega",
    # Swedish, Danish, Norwegian, Finnish
    r"k(?:an|unde|unne) (?:inte|ikke) lever|inte (?:att )?lever|levererades inte|ej levererat",
    r"ikke (?:blev )?lever|levering(?:en)?(?:sfeil| mislyk)",
    r"ei (?:voi|void|voitu|voida) toimit|(?:toimittaminen|toimitus) ep",
    # Polish, Czech, Russian
    r"niedor[ęe]cz|nie ?dostarcz|dostarczenie nie|nelze doru[čc]it",
    r"nedoru[čc]|doru[čc]en[íi] se nezda|nepoda[řr]ilo doru[čc]",
    r"не (?:доставлено|уда(?:лось|ется) доставить)|недоставлен|(?:сбой|ошибка) доставки",
    # Japanese, Chinese
    r"配信(?:不能|できません|エラー)|送信できません|未送達",
    r"退信|投递失败|[無无]法(?:傳遞|投遞|传递|投递|送达|送達)|未(?:能)?(?:送达|送達|傳遞|传递)",
)
#: What a report says near its beginning, beside what its subject may say.
FAILURES = (
    *SUBJECTS,
    r"(?:could|can|was|were|did|has|have) ?(?:no|n['’o])t (?:yet )?(?:be |been |able to )?(?:deliver|sen[dt]|reach)",
    r"(?:wasn['’]?t able|was not able|unable) to (?:be )?(?:deliver|send)",
    r"(?:following|these) (?:address|recipient|group)|recipients? (?:was|were|returned)",
    r"failed permanently|permanent (?:fatal )?error|permanent failure|unrecoverable",
    r"transcript of session|failure reasons|error message below|message log follows|loop alert",
    r"delivery to the following|did not reach|had trouble delivering|has been delayed",
    r"(?:invalid|unknown) (?:user|final|recipient)|user unknown|no such user|mailbox (?:is )?full",
    r"rejected by",
    r"送信できませんでした|配信できません|エラーのため|見つかりません",
)
#: How lines begin after which the returned mail stands.
RETURNED = (
    r"below this line is (?:a copy|the)|below is a copy of",
    r"(?:this|here|included|enclosed|attached|following) is (?:a|the) copy of",
    r"(?:the )?(?:headers? of (?:the )?)?original (?:message|mail)\b[^.:]{0,30}(?:follow|headers?|info|:|-{3}|$)",
    r"message (?:headers?|text) follows?|original message headers",
    r"(?:returned|unsent|undelivered|non-delivered) (?:message|mail|information)\b",
    r"message headers?:?$",
    r"元のメッセージ",
)
#: Lines whose addresses are not of recipients that failed.
NOT_RECIPIENTS = (
    r"\bmail[ _]from\b|envelope-from|originally from",
    r"\bfrom:|\bfrom <|^\s*from\b|return-path|reply-to|message-id|in-reply-to|references:",
    r"original[ -]sender|sender:|x-postfix-sender|x-sender|received:",
    r"(?:please|for (?:further|more)|if you|contact|assistance|questions?|write to|help)\b.{0,80}@",
    r"send (?:mail|e-?mail) to\b.{0,80}@",
    r"ご連絡|お問い合わせ",
)
