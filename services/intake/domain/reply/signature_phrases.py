"""How mail programs of telephones sign, as data: "sent from my …" in the languages of our users.

Regular expressions over one line, matched without case; each must hold the whole line.
"""

# ruff: noqa: RUF001 - words of many alphabets

#: What such a line names: a device or a mail program. Without it, "sent from the warehouse" is a sentence.
_DEVICES = (
    r"i[ -]?(?:phon\w*|pad|pod|mac|os)|android|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|oppo|nokia|htc|lg|sony",
    r"xperia|motorola|moto|oneplus|pixel|black[ -]?berry|windows|outlook|e?-?mail|mail(?:box|spring)?|yahoo|gmail",
    r"inbox|hotmail",
    r"proton\w*|aol|gmx|web\.de|thunderbird|airmail|spark|k-9|fairemail|boxer|nine|edison|newton|canary",
    r"mobile?|mobil\w*|(?:smart|tele)?(?:phone|fon\w*)|cell\w*|handy|tablet\w*|device|gerät|ger[äa]t\w*",
    r"tel[ée]fono|tel[ée]fon\w*|telem[óo]vel|celular|m[óo]vil|portable|t[ée]l[ée]phone|dispositiv\w*|puhelin\w*",
    r"komórk\w*|телефон\w*|смартфон\w*|мобильн\w*|устройств\w*|スマートフォン|手机|手機",
)
_DEVICE = "(?:" + "|".join(_DEVICES) + ")"
_TAIL = r"[^\n]{0,90}"


def _with_device(how: str, own: str = "") -> str:
    """A line such as "sent from": `own` words, as "my", need no device after them."""
    return rf"(?:{how}) (?:{own + '|' if own else ''}{_TAIL}\b{_DEVICE}){_TAIL}"


def _get(how: str) -> str:
    return rf"(?:{how}) \[?outlook{_TAIL}"


#: Whole lines, without the brackets that may stand around them.
MOBILE = (
    # English
    _with_device(r"(?:sent|posted|written|typed|composed)(?: securely)? (?:from|via|with|by|using|on)", r"my\b"),
    _get("get|download|try"),
    rf"(?:\w+ )?from (?:my|a) {_DEVICE}{_TAIL}",
    rf"(?:please )?excuse (?:the |any |my )?(?:brevity|typos|typoze|errors){_TAIL}",
    # Spanish, Portuguese
    _with_device("enviad[oa] (?:desde|con|mediante|vía)", r"mi\b"),
    _with_device("enviad[oa] (?:do|da|de|pelo|via|a partir d[oae]|com|através d[oae])", r"(?:o )?(?:meu|minha)\b"),
    _get("obtener|obter o|obtenha o|baixar o|baixe o|transferir o"),
    # French, German, Italian
    _with_device("envoy[ée]e? (?:de|depuis|par|via|avec|[àa] partir d[eu])", r"mon\b|ma\b"),
    _get("t[ée]l[ée]charger|obtenir|obtenez") + rf"|provenance\s?: courrier{_TAIL}",
    rf"von (?:meinem|meiner|unterwegs|{_DEVICE}){_TAIL}gesendet{_TAIL}",
    _with_device("gesendet (?:von|mit|aus|über|durch|via)", r"meinem\b|meiner\b"),
    rf"diese (?:nachricht|e-?mail|mail) wurde (?:von|mit){_TAIL}(?:gesendet|versandt|verfasst){_TAIL}",
    _get("holen sie sich|laden sie") + rf"|outlook für{_TAIL}",
    _with_device("inviat[oa] (?:da|dal|dalla|con|tramite)", r"mio\b"),
    _get("scarica|ottieni"),
    # Dutch, Swedish, Danish, Norwegian, Finnish
    _with_device("(?:verzonden|verstuurd|gestuurd) (?:vanaf|met|via|van|vanuit)", r"mijn\b"),
    _get("download|haal") + rf"|outlook voor (?:ios|android){_TAIL}",
    _with_device("skickat (?:från|via|med)", r"min\b|mitt\b"),
    _with_device("sendt (?:fra|via|med)", r"min\b|mit\b"),
    _with_device("l[äa]hetetty"),
    _get("h[äa]mta|hent|få|last ned|hanki"),
    # Polish, Czech, Russian, Ukrainian
    _with_device("wys[łl]an[eoy] (?:z|ze|przez|za pomocą|poprzez)", r"mojego\b"),
    _with_device("odesl[áa]no (?:z|ze|pomoc[íi]|p[řr]es)", r"m[ée]ho\b"),
    _get("pobierz|pobierz aplikację|st[áa]hnout|скачать|получить"),
    _with_device("отправлено (?:с|со|из|от|через)", r"моего\b"),
    _with_device("надіслано (?:з|із|через)", r"мого\b"),
    # Japanese, Chinese
    rf"(?:私の|{_TAIL}{_DEVICE}){_TAIL}から送信(?:されました)?|outlook for (?:ios|android) を入手{_TAIL}",
    rf"[发發來来]自(?:我的|{_TAIL}{_DEVICE}){_TAIL}",
    rf"[从從](?:我的|{_TAIL}{_DEVICE}){_TAIL}(?:[发發]送|傳送)",
    # the place of a picture that only the HTML shows
    r"cid:\S{3,120}",
    _get("获取|取得|下載|下载"),
)
