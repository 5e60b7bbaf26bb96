"""Why mails come back, in the words of servers, as data for the verdict.

Regular expressions, matched without case, over words from which addresses and links are taken out.
"""

_MAILBOX = r"(?:user|recipient|mailbox|address|account|addressee|userid|e-?mail|local[ -]part|member|customer)(?:e?s)?"
#: Between words, a word, and whatever stands between spaces; bounded, since reports are written by anybody.
_GAP, _WORD, _PIECE = r"\W{1,6}", r"\w{1,30}\W{1,6}", r"\S{1,40}\s"

_NOT_THERE = (
    r"not (?:be )?(?:found|known|recogni[sz]ed|listed|exist|present|local|valid|here|our)"
    r"|not an? (?:valid|active|local)"
)

#: The mailbox is there, or the sender is at fault, whatever else is said.
SOFT = (
    # full
    r"mailbox (?:is |for user is )?(?:full|temporarily|disabled|inactive|busy|locked)",
    r"over[ -]?quota|quota (?:exceed|is|full)|mailbox.{0,40}exceed",
    r"exceed\w* (?:the |its |his |their |storage |mailbox |local |maximum )*(?:quota|storage|limit|size|allot)",
    r"(?:insufficient|not enough|out of|no) (?:system |disk |storage )?(?:storage|space|disk)",
    r"storage (?:exceed|quota)",
    r"(?:is|mailbox|over) (?:the |its |their |allowed |maximum |disk ){0,4}quota|quota violation|dis[ck] quota",
    r"full mailbox|mail ?folder is full",
    r"(?:not have|enough|reached).{0,20}(?:space|quota)|space (?:has been|is) used up",
    r"too (?:much mail|many messages on)",
    r"bo[îi]te.{0,30}pleine|buz[óo]n (?:est[áa] )?lleno|caixa (?:postal |de correio )?cheia",
    r"postfach.{0,20}voll|casella (?:è )?piena|容量|一杯|満杯|已满|已滿|ящик.{0,20}(?:переполнен|полон)",
    r"postvak (?:is )?vol\b|(?:brevlåd|postkass|postboks)\w{0,3} (?:er|är) (?:full|fuld)|postilaatikko.{0,10}täynnä",
    r"skrzynka.{0,20}pełna|schr[áa]nka.{0,20}pln[áa]",
    # switched off
    rf"(?:account|mailbox|user|recipient|address){_GAP}(?:{_WORD}){{0,6}}(?:disabled|inactive|suspended|deactivated)",
    rf"(?:account|mailbox|user|recipient|address){_GAP}(?:{_WORD}){{0,4}}(?:blocked|locked|expired)",
    r"(?:disabled|inactive|suspended|locked) (?:account|mailbox|user|recipient|address)",
    r"not active|is inactive|discontinued|extended inactivity|is frozen",
    r"currently suspended|is a deactivated|suspend the service|archivee",
    # who may write to it
    r"members?[ -]only|closed mailing list|non-?member|only accepting mail from|accepts? mail only from",
    r"recipient.{0,20}(?:prefer|choice)|you have been blocked|protected by|user reject|notauthori[sz]ed",
    # the sender
    r"sender (?:address |domain |was )?(?:rejected|denied|refused|unknown|invalid)",
    r"(?:unroutable|invalid|bad|null|empty|bogus) (?:sender|mail from)",
    r"sender (?:verif|domain|e-?mail)|[ée]metteur invalide",
    r"domain of (?:the )?sender|(?:valid|envelope) sender",
    r"mail from not|from: domain|invalid domain, see|returned mail not",
    r"in reply to mail from|not pre-approved|\bbatv\b|backscatter",
    r"third-party dsn|empty e-?mail address|fully qualified e-?mail address",
    # a program that the recipient has its mail handed to
    r"^x-unix;|command died|exit(?:ed)?(?: with)? (?:status |code )?[1-9]|procmail|maildrop\b",
)
#: The address is dead: nobody of that name.
HARD = (
    rf"{_MAILBOX}{_GAP}(?:{_PIECE}){{0,6}}?(?:unknown|invalid|no longer|unavailable)",
    rf"{_MAILBOX}{_GAP}(?:{_PIECE}){{0,6}}?(?:{_NOT_THERE})",
    rf"{_MAILBOX}{_GAP}(?:{_PIECE}){{0,6}}?(?:does|do|did)(?:n['’]?t| ?not) exist",
    rf"(?:unknown|invalid|bad|no such|undefined|illegal|unrecognized|no valid){_GAP}(?:{_WORD}){{0,3}}?{_MAILBOX}",
    rf"non[ -]?exist\w{{1,30}}{_GAP}(?:{_WORD}){{0,3}}?{_MAILBOX}",
    rf"(?:unknown|invalid|bad|no such|illegal){_GAP}(?:{_WORD}){{0,3}}?(?:person|destination|alias)",
    r"no (?:mail ?box|user|account|recipients?|one|body) (?:here|by|with|of|found|named|under|called|at|available)",
    r"nobody by",
    r"no mail ?box available|in (?:the )?name directory|userunknown|unknownuser",
    # without addresses, nothing but a code stands before it
    r"^[\W\d]{0,20}(?:smtp\W{0,3})?[\W\d]{0,20}(?:rcpt )?(?:not found|does(?: not|n['’]t) exist)",
    r"(?:recipient )?address rejected[.\W]{0,3}(?:\(in reply to rcpt|$)",
    r"recipients? (?:is |are )?not (?:accepted|ok)\b",
    r"rejected recipients|can['’]?t accept user|refuses to accept your mail",
    r"missing home directory|no longer accepts mail",
    r"bad(?:rcpt|recipient)to|valid(?:rcpt|recipient)to|envelope recipient has been denied|has been replaced by",
    r"doesn['’]?t have an? .{0,60}account|couldn['’]t be found|is no longer|unknown or illegal|not our customer",
    r"not (?:a |an )?(?:registered|existing|current|valid|known) |not listed in|recip(?:ient)?notfound",
    # what Microsoft 365 says of addresses that are not in a customer's directory
    r"recipient address rejected: access denied",
    r"check (?:if|that|whether) (?:the )?address is correct|not reachable.{0,20}check the domain",
    r"has (?:moved|left)|moved (?:to|permanently)|forward(?:ed|ing) address|address (?:has )?changed",
    r"no longer (?:with|works|employ)",
    r"utilisateur (?:inconnu|inexistant)|destinataire inconnu|adresse n['’]existe",
    r"adresse (?:d.au moins un destinataire )?(?:inconnue|invalide|erron)",
    r"(?:usuario|destinatario|cuenta|buz[óo]n) (?:desconocid|inexistente|no (?:existe|encontrad|v[áa]lid))",
    r"(?:usu[áa]rio|destinat[áa]rio|conta|caixa postal) (?:desconhecid|inexistente|n[ãa]o (?:existe|encontrad))",
    r"(?:benutzer|empf[äa]nger|postfach|adresse) (?:ist )?(?:unbekannt|nicht (?:bekannt|vorhanden|gefunden))",
    r"(?:benutzer|empf[äa]nger|postfach|adresse) existiert nicht|unbekannter (?:empf|benutzer)",
    r"(?:utente|destinatario) (?:sconosciuto|inesistente)|(?:indirizzo|casella) inesistente|nessun utente",
    r"no existe (?:es[ae]|dich[ao]|tal) (?:usuari|person|cuenta|buz)",
    r"(?:onbekende?|niet[ -]bestaande?) (?:gebruiker|ontvanger|adres)",
    r"(?:gebruiker|ontvanger|adres) (?:bestaat niet|onbekend)",
    r"(?:okänd|ukendt|ukjent) (?:mottagare|modtager|mottaker|användare|bruger|bruker)",
    r"tuntematon (?:vastaanottaja|käyttäjä)",
    r"(?:användare|mottagare|adresse|bruger|bruker|mottaker)\w{0,3} (?:finns inte|findes ikke|finnes ikke)",
    r"ei ole olemassa",
    r"nieznany (?:użytkownik|odbiorca|adres)|(?:adres|użytkownik|odbiorca|skrzynka) nie istnieje",
    r"neznámý (?:uživatel|příjemce)|(?:adresa|schránka|uživatel|příjemce) neexistuje",
    r"(?:пользовател|адрес|ящик)\w{0,3} не (?:найден|существует)",
    r"такого (?:пользователя|адреса) нет|нет такого (?:пользователя|адреса)",
    r"宛先不明|存在しません|メールアドレスが見つかりません|ユーザー?.{0,80}見つかりません",
    r"(?:用户|用戶|收件人|地址|邮箱|郵箱|信箱|帐号|帳號)(?:.{0,8})不存在|地址错误|地址錯誤|没有这个用户|查无此",
)
#: No such domain, or none that takes mail.
DEAD_DOMAIN = (
    r"(?:host|domain|destination)(?: name)?(?: \S+)? ?(?:unknown|not found|does(?: not|n['’]t) exist|nonexist)",
    r"(?:unknown|no such|bad|invalid|unresolvable|unroute?able) (?:host|domain|destination|address|mail ?domain)",
    r"bad destination (?:system|host|mailbox)",
    r"(?:couldn['’]t|could not|cannot|can['’]t|unable to) find (?:any |a )?(?:host|mail exchanger|domain|mx)",
    r"no (?:mx|mail exchanger|a) (?:record|found|host)|null ?mx|no mail hosts|no valid hosts",
    r"does not accept (?:any )?mail|accepts no mail|nxdomain|name or service not known|domain must exist",
    # RFC 7504 §2.4: a domain that takes no mail at all
    r"^(?:smtp\W{0,3})?556\b",
    r"domain lookup failed|non-?existent hosts?",
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
    r"polic(?:y|ies)|dmarc|\bspf\b|dkim|\bptr\b|r(?:everse)?[ -]?dns",
    r"authenticat|not (?:auth|permitted|allowed)|unauth",
    r"relay|security|denied by|prohibit|forbidden|restrict|not welcome|refused|redundant|permission|quota - ",
    r"sending (?:limit|quota)|access from|moderat",
    # not this mail
    r"virus|malware|infected|malicious|phish|content|attachment|bad (?:header|message)|header error|\bformat|\bmime",
    rf"(?:message|mail|size|line){_GAP}(?:{_WORD}){{0,5}}(?:too (?:big|large|long)|limit)|too (?:big|large)",
    r"size (?:limit|exceed)|filter",
    # something is broken
    r"tls|does not support|protocol|system error|mailer error",
    r"command rejected|service (?:is |currently )?unavailable",
    r"misconfigur|config(?:uration)? error|not accepting|loop|too many hops|internal error|error in processing",
    r"interrupted|file write error|output file|could not load|no route to|did not respond|not respond|gateway for",
    r"not been collected|could not connect|malformed|name lookup",
    r"cannot (?:resolve|find) your|dynamic ip|your ip|\bisp\b",
    r"go away|mass mailer|organi[sz]ation\w{0,3} (?:settings|policy)",
    r"multiple addresses|allowed rcpthosts|not verified",
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
