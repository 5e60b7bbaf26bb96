"""Why mails come back, in the words of servers, as data for the verdict.

Regular expressions, matched without case, over words from which addresses and links are taken out.
"""

_MAILBOX = r"(?:user|recipient|mailbox|address|account|addressee|userid|e-?mail|local[ -]part|member|customer)"

#: The mailbox is there, or the sender is at fault, whatever else is said.
SOFT = (
    # full
    r"mailbox (?:is |for user is )?(?:full|temporarily|disabled|inactive|busy|locked)",
    r"over[ -]?quota|quota (?:exceed|is|full)|mailbox.{0,40}exceed",
    r"exceed\w* (?:the |its |his |their |storage |mailbox |local |maximum )*(?:quota|storage|limit|size|allot)",
    r"(?:insufficient|not enough|out of|no) (?:system |disk |storage )?(?:storage|space|disk)|storage (?:exceed|quota)",
    r"bo[îi]te (?:pleine|aux lettres pleine)|buz[óo]n (?:est[áa] )?lleno|caixa (?:postal |de correio )?cheia",
    r"postfach.{0,20}voll|casella piena|容量|一杯|満杯|ящик.{0,20}переполнен",
    # switched off
    r"(?:account|mailbox|user|recipient|address)\W+(?:\w+\W+){0,4}(?:disabled|inactive|suspended|deactivated)",
    r"(?:account|mailbox|user|recipient|address)\W+(?:\w+\W+){0,4}(?:blocked|locked|expired)",
    r"(?:disabled|inactive|suspended|locked) (?:account|mailbox|user|recipient|address)",
    r"not active|is inactive|discontinued",
    # the sender
    r"sender (?:address |domain |was )?(?:rejected|denied|refused|unknown|invalid)",
    r"(?:unroutable|invalid|bad) sender|sender verif",
)
#: The address is dead: nobody of that name.
HARD = (
    rf"{_MAILBOX}\W+(?:\S+\s+){{0,6}}?(?:unknown|invalid|no longer|unavailable)",
    rf"{_MAILBOX}\W+(?:\S+\s+){{0,6}}?not (?:be )?(?:found|known|recogni[sz]ed|listed|exist|a? ?valid|here|our)",
    rf"{_MAILBOX}\W+(?:\S+\s+){{0,6}}?(?:does|do|did)(?:n['’]?t| ?not) exist",
    rf"(?:unknown|invalid|bad|no such|undefined|illegal|unrecognized|no valid)\W+(?:\w+\W+){{0,3}}?{_MAILBOX}",
    rf"non-?exist\w+\W+(?:\w+\W+){{0,3}}?{_MAILBOX}",
    r"(?:unknown|invalid|bad|no such|illegal)\W+(?:\w+\W+){0,3}?(?:person|destination|alias)",
    r"no (?:mailbox|user|account|recipients?|one|body) (?:here|by|with|of|found|named|under|called)|nobody by",
    r"doesn['’]?t have an? .{0,60}account|couldn['’]t be found|is no longer|unknown or illegal|not our customer",
    r"not (?:a |an )?(?:registered|existing|current|valid|known) |not listed in|recipnotfound",
    # what Microsoft 365 says of addresses that are not in a customer's directory
    r"recipient address rejected: access denied",
    r"check (?:if|that|whether) (?:the )?address is correct",
    r"has (?:moved|left)|moved (?:to|permanently)|forward(?:ed|ing) address|address (?:has )?changed",
    r"no longer (?:with|works|employ)",
    r"utilisateur (?:inconnu|inexistant)|destinataire inconnu",
    r"adresse (?:d.au moins un destinataire )?(?:inconnue|invalide|erron)",
    r"(?:usuario|destinatario|cuenta|buz[óo]n) (?:desconocid|inexistente|no (?:existe|encontrad|v[áa]lid))",
    r"(?:usu[áa]rio|destinat[áa]rio|conta|caixa postal) (?:desconhecid|inexistente|n[ãa]o (?:existe|encontrad))",
    r"(?:benutzer|empf[äa]nger|postfach|adresse) (?:ist )?(?:unbekannt|nicht (?:bekannt|vorhanden|gefunden))",
    r"(?:benutzer|empf[äa]nger|postfach|adresse) existiert nicht|unbekannter (?:empf|benutzer)",
    r"(?:utente|destinatario) sconosciuto",
    r"пользовател\w+ не (?:найден|существует)|такого (?:пользователя|адреса) нет",
    r"宛先不明|存在しません|メールアドレスが見つかりません|ユーザー?.{0,80}見つかりません",
    r"(?:用户|用戶|收件人|地址|邮箱|郵箱|信箱|帐号|帳號)(?:.{0,8})不存在|地址错误|地址錯誤",
)
#: No such domain, or none that takes mail.
DEAD_DOMAIN = (
    r"(?:host|domain|destination)(?: name)?(?: \S+)? ?(?:unknown|not found|does(?: not|n['’]t) exist|nonexist)",
    r"(?:unknown|no such|bad|invalid|unresolvable|unroute?able) (?:host|domain|destination|address|mail ?domain)",
    r"bad destination (?:system|host|mailbox)",
    r"(?:couldn['’]t|could not|cannot|can['’]t|unable to) find (?:any |a )?(?:host|mail exchanger|domain|mx)",
    r"no (?:mx|mail exchanger|a) (?:record|found|host)|null ?mx|no mail hosts|no valid hosts",
    r"does not accept (?:any )?mail|accepts no mail|nxdomain|name or service not known",
)
#: Said near "no such domain", it is not the recipient's.
NOT_DEAD = (r"try again|again later|sender",)
#: Not now, or not this mail, or not from there.
PERHAPS_SOFT = (
    # not now
    r"tempor|try (?:again|later)|again later|retry|retries|deferred|delayed|gr[ea]y-?list",
    r"time[d]?[ -]?out|expired|too long|no (?:answer|response|route) from|not responding|unreachable|not reachable",
    r"connection (?:refused|timed|reset|lost|dropped|died|failed)|(?:accept|establish)\w* .{0,40}connect",
    r"network|socket error|ldap server|lookup failure|name service error",
    r"too many|rate ?limit|exceeded.{0,30}(?:rate|connections|messages)|unusual rate|busy|overload|resources|frequen",
    # not from there
    r"spam|junk|bulk|unsolicited|black ?list|block ?list|blocked|banned|dnsbl|rbl|reputation|listed (?:in|at|by|on)",
    r"polic(?:y|ies)|dmarc|\bspf\b|dkim|\bptr\b|r(?:everse)?[ -]?dns|authenticat|not (?:auth|permitted|allowed)|unauth",
    r"relay|security|denied by|prohibit|forbidden|restrict|not welcome|refused|redundant|permission|quota - ",
    r"sending (?:limit|quota)|access from|moderat",
    # not this mail
    r"virus|malware|infected|malicious|phish|content|attachment|bad (?:header|message)|header error|format|mime",
    r"(?:message|mail|size|line)\W+(?:\w+\W+){0,5}(?:too (?:big|large|long)|limit)|too (?:big|large)",
    r"size (?:limit|exceed)|filter",
    # something is broken
    r"tls|does not support|protocol|system error|mailer error|command rejected|service unavailable",
    r"misconfigur|configuration error|not accepting|loop|too many hops",
)
#: A server that took the recipient and refuses only the mail itself may take the next one.
AFTER_DATA = (
    r"in reply to end of data",
    r"after end of data",
    # With pipelining the answer to RCPT stands after DATA too; then DATA has an answer of its own: no recipients.
    r">>> (?:data|\.)\s*\n\s*<<< 5\d\d[ -](?!(?:.|\n)*<<< 5\d\d[^\n]*(?:rcpt|recipients))",
)
#: The command that was refused names the sender.
AFTER_MAIL = (r"(?:in reply to|after) mail from",)
#: Codes that mean a dead address, where words decide nothing (RFC 3463 §3.2).
HARD_CODES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"})
#: Not now, whatever the words; but some servers answer so for unknown users.
NOT_NOW, BUT_DEAD = "4.", "4.1.1"
#: Codes of the sender's address (RFC 3463 §3.2).
SENDER_CODES = frozenset({"5.1.7", "5.1.8"})
