"""How mail programs announce a quotation in the languages of our users, as written by them on an answer to one mail."""

# ruff: noqa: RUF001 - signs of many alphabets

#: language -> announcements of Gmail, Apple Mail, Thunderbird and the like; each is followed by the quotation.
ATTRIBUTIONS = {
    "en": (
        "On Tue, Nov 24, 2026 at 9:12 AM Marta Silva <marta@sorriso.example> wrote:",
        "On Tue, Nov 24, 2026 at 9:12 AM Marta Silva <\nmarta@sorriso.example> wrote:",
        "On 24 Nov 2026, at 09:12, Marta Silva <marta@sorriso.example> wrote:",
        "On 24/11/2026 09:12, Marta Silva wrote:",
        "Marta Silva <marta@sorriso.example> wrote on 24.11.2026 09:12:12:",
    ),
    "es": (
        "El mar, 24 nov 2026 a las 9:12, Marta Silva (<marta@sorriso.example>) escribió:",
        "El 24 nov 2026, a las 9:12, Marta Silva <marta@sorriso.example> escribió:",
        "El 24/11/26 a las 9:12, Marta Silva escribió:",
        "El martes, 24 de noviembre de 2026, Marta Silva <marta@sorriso.example>\nescribió:",
    ),
    "pt": (
        "Marta Silva <marta@sorriso.example> escreveu no dia terça, 24/11/2026 à(s) 09:12:",
        "Em ter., 24 de nov. de 2026 às 09:12, Marta Silva <marta@sorriso.example>\nescreveu:",
        "Às 09:12 de 24/11/26, Marta Silva escreveu:",
        "Em 24/11/2026 09:12, Marta Silva escreveu:",
        "No dia 24/11/2026, às 09:12, Marta Silva <marta@sorriso.example> escreveu:",
    ),
    "fr": (
        "Le mar. 24 nov. 2026 à 09:12, Marta Silva <marta@sorriso.example> a écrit :",
        "Le 24/11/2026 à 09:12, Marta Silva a écrit :",
        "Le mardi 24 novembre 2026 à 09:12:12 UTC+1, Marta Silva <marta@sorriso.example> a écrit\u00a0:",
    ),
    "de": (
        "Am Di., 24. Nov. 2026 um 09:12 Uhr schrieb Marta Silva <marta@sorriso.example>:",
        "Am 24.11.2026 um 09:12 schrieb Marta Silva <marta@sorriso.example>:",
        "Am 24.11.26 um 09:12 schrieb Marta Silva:",
        "Marta Silva <marta@sorriso.example> hat am 24.11.2026 09:12 geschrieben:",
    ),
    "it": (
        "Il giorno mar 24 nov 2026 alle ore 09:12 Marta Silva <marta@sorriso.example>\nha scritto:",
        "Il 24/11/26 09:12, Marta Silva ha scritto:",
        "Il giorno 24 nov 2026, alle ore 09:12, Marta Silva <marta@sorriso.example> ha scritto:",
    ),
    "nl": (
        "Op di 24 nov 2026 om 09:12 schreef Marta Silva <marta@sorriso.example>:",
        "Op 24-11-2026 om 09:12 schreef Marta Silva:",
        "Op 24 nov. 2026, om 09:12 heeft Marta Silva <marta@sorriso.example> het volgende geschreven:",
    ),
    "sv": (
        "Den tis 24 nov. 2026 kl 09:12 skrev Marta Silva <marta@sorriso.example>:",
        "24 nov. 2026 kl. 09:12 skrev Marta Silva <marta@sorriso.example>:",
        "Den 2026-11-24 kl. 09:12, skrev Marta Silva:",
    ),
    "da": (
        "Den tirs. 24. nov. 2026 kl. 09.12 skrev Marta Silva <marta@sorriso.example>:",
        "Den 24-11-2026 kl. 09:12 skrev Marta Silva:",
    ),
    "no": (
        "tir. 24. nov. 2026 kl. 09:12 skrev Marta Silva <marta@sorriso.example>:",
        "Den 24.11.2026 09:12, skrev Marta Silva:",
    ),
    "fi": (
        "ti 24. marrask. 2026 klo 9.12 Marta Silva (marta@sorriso.example) kirjoitti:",
        "Marta Silva <marta@sorriso.example> kirjoitti 24.11.2026 kello 9.12:",
        "Marta Silva kirjoitti 24.11.2026 klo 9.12:",
    ),
    "pl": (
        "wt., 24 lis 2026 o 09:12 Marta Silva <marta@sorriso.example> napisał(a):",
        "W dniu 24.11.2026 o 09:12, Marta Silva pisze:",
        "Wiadomość napisana przez Marta Silva <marta@sorriso.example> w dniu 24 lis 2026, o godz. 09:12:",
    ),
    "cs": (
        "út 24. 11. 2026 v 9:12 odesílatel Marta Silva <marta@sorriso.example> napsal:",
        "Dne 24. 11. 26 v 9:12 Marta Silva napsal(a):",
        "24. 11. 2026 v 9:12, Marta Silva <marta@sorriso.example>:",
    ),
    "ru": (
        "вт, 24 нояб. 2026 г. в 09:12, Marta Silva <marta@sorriso.example>:",
        "24 нояб. 2026 г., в 09:12, Marta Silva <marta@sorriso.example> написал(а):",
        "24.11.2026 9:12, Marta Silva пишет:",
        "Вторник, 24 ноября 2026, 9:12 +03:00 от Marta Silva <marta@sorriso.example>:",
    ),
    "ja": (
        "2026年11月24日(火) 9:12 Marta Silva <marta@sorriso.example>:",
        "2026/11/24 9:12、Marta Silva <marta@sorriso.example>のメール:",
        "On 2026/11/24 9:12, Marta Silva wrote:",
    ),
    "zh": (
        "Marta Silva <marta@sorriso.example> 于2026年11月24日周二 09:12写道：",
        "在 2026年11月24日，上午9:12，Marta Silva <marta@sorriso.example> 写道：",
        "在 2026/11/24 9:12, Marta Silva 写道:",
    ),
}

#: mail program -> what it writes between an answer and what it quotes, where that is unlike the others.
PROGRAMS = {
    "Samsung": "-------- Original message --------\nFrom: S <s@desk.example>\nDate: 24/11/2026 09:12 (GMT+00:00)\n"
    "To: m@x.example\nSubject: Re: ONT",
    "Samsung, de": "-------- Ursprüngliche Nachricht --------\nVon: S <s@desk.example>\n"
    "Datum: 24.11.26 09:12 (GMT+01:00)\nAn: m@x.example\nBetreff: Re: ONT",
    "Samsung, zh": "-------- 原始信息 --------\n由： S <s@desk.example>\n日期： 2026/11/24 09:12 (GMT+08:00)\n"
    "收件人： m@x.example\n主题： Re: ONT",
    "Outlook 2003": "-----Original Message-----\nFrom: S [mailto:s@desk.example]\n"
    "Sent: Tuesday, November 24, 2026 9:12 AM\nTo: M\nSubject: RE: ONT",
    "Yahoo": "On Tuesday, November 24, 2026 at 09:12:12 AM GMT+1, S <s@desk.example> wrote:",
    "Zimbra": '----- Original Message -----\nFrom: "S" <s@desk.example>\nTo: "M" <m@x.example>\n'
    "Sent: Tuesday, November 24, 2026 9:12:12 AM\nSubject: Re: ONT",
    "GMX": "Gesendet: Dienstag, 24. November 2026 um 09:12 Uhr\nVon: S <s@desk.example>\nAn: m@x.example\n"
    "Betreff: Re: ONT",
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "S" <s@desk.example>;\n'
    '发送时间: 2026年11月24日(星期二) 上午9:12\n收件人: "M"<m@x.example>;\n主题: Re: ONT',
    "Proton": "On Tuesday, November 24th, 2026 at 9:12 AM, S <s@desk.example> wrote:",
    "Fastmail": "On Tue, Nov 24, 2026, at 9:12 AM, S wrote:",
    "Evolution": "On Tue, 2026-11-24 at 09:12 +0100, S wrote:",
    "Mail.ru": "Вторник, 24 ноября 2026, 9:12 +03:00 от S <s@desk.example>:",
    "Yandex": '24.11.2026, 09:12, "S" <s@desk.example>:',
    "Seznam": "---------- Původní e-mail ----------\nOd: S <s@desk.example>\nKomu: m@x.example\n"
    "Datum: 24. 11. 2026 9:12:12\nPředmět: Re: ONT",
    "Gmail, a list": "On Tue, Nov 24, 2026 at 9:12 AM 'S' via Team <team@desk.example>\nwrote:",
    "Proton before": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\n"
    "On Tuesday, November 24th, 2026 at 9:12 AM, S <s@desk.example> wrote:",
    "Gmail, from right to left": "\u202aOn Tue, Nov 24, 2026 at 9:12 AM, "
    "\u202bS\u202c\u200e <\u202as@desk.example\u202c> wrote:\u202c",
    "another desk": "##- Please type your reply above this line -##",
}

#: language -> labels of Outlook's header block: From, Sent, To, Subject.
LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "pt": ("De", "Enviada", "Para", "Assunto"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "no": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłane", "Do", "Temat"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
}

#: language -> what telephones sign.
SIGNED = {
    "en": ("Sent from my iPhone", "Get Outlook for Android", "Sent from Yahoo Mail on Android"),
    "es": ("Enviado desde mi iPhone", "Obtener Outlook para Android"),
    "pt": ("Enviado do meu iPhone", "Enviado a partir do meu smartphone Samsung Galaxy.", "Obter o Outlook para iOS"),
    "fr": ("Envoyé de mon iPhone", "Télécharger Outlook pour iOS"),
    "de": ("Von meinem iPhone gesendet", "Gesendet mit der GMX Mail App", "Holen Sie sich Outlook für iOS"),
    "it": ("Inviato da iPhone", "Scarica Outlook per Android"),
    "nl": ("Verstuurd vanaf mijn iPhone", "Outlook voor iOS downloaden"),
    "sv": ("Skickat från min iPhone", "Hämta Outlook för iOS"),
    "da": ("Sendt fra min iPhone", "Hent Outlook til Android"),
    "no": ("Sendt fra min iPhone", "Last ned Outlook for iOS"),
    "fi": ("Lähetetty iPhonesta", "Hanki Outlook for Android"),
    "pl": ("Wysłane z iPhone'a", "Pobierz aplikację Outlook dla systemu iOS"),
    "cs": ("Odesláno z iPhonu", "Stáhnout Outlook pro iOS"),
    "ru": ("Отправлено с iPhone", "Скачать Outlook для iOS"),
    "ja": ("iPhoneから送信", "Outlook for iOS を入手"),
    "zh": ("发自我的 iPhone", "获取 Outlook for iOS", "來自我的 iPhone", "从 Windows 版邮件发送"),
}

#: language -> answers whose words come near to an announcement, and are the customer's own.
TRAPS = {
    "en": (
        "On Monday you wrote: restart it. I did, twice, and it did not help:\n\nstill no light.",
        "From: our shop in Porto\n\nThe till does not print.",
        "I sent it from the warehouse\n\nSent from the warehouse on Monday, it should arrive tomorrow.",
        "Date: 24 November\nTime: nine\n\nCan somebody come then?",
        "My order numbers:\n--\n1042\n--\n1043\nWhich one is late?",
    ),
    "es": (
        "El lunes me escribió su compañero: reinicie.\n\nLo hice y sigue igual.",
        "Enviado desde el almacén central el lunes, aún no llegó.",
    ),
    "pt": (
        "Em resposta ao que escreveu ontem: sim, está ligado.\n\nContinua sem luz.",
        "Para: a loja do Porto\nQuando: amanhã\n\nPodem vir?",
    ),
    "fr": ("Le technicien a écrit : tout va bien.\n\nMais rien ne marche.", "Envoyé hier par la poste, à Lyon."),
    "de": (
        "Am Montag schrieb Ihr Kollege: neu starten.\n\nHabe ich getan, ohne Erfolg.",
        "Von: Lager\n\nEs fehlt eine Pumpe.",
    ),
    "it": ("Il tecnico ha scritto: tutto bene.\n\nMa non funziona.",),
    "nl": ("Op maandag schreef uw collega: herstarten.\n\nDat hielp niet.",),
    "sv": ("Den lampa ni skrev om lyser nu:\n\nrött.",),
    "da": ("Den lampe I skrev om lyser:\n\nrødt.",),
    "no": ("Den lampen dere skrev om lyser:\n\nrødt.",),
    "fi": ("Kollegani kirjoitti: käynnistä uudelleen.\n\nEi auttanut.",),
    "pl": ("Kolega napisał: uruchom ponownie.\n\nNie pomogło.",),
    "cs": ("Kolega napsal: restartujte.\n\nNepomohlo to.",),
    "ru": ("Ваш коллега написал: перезагрузите.\n\nНе помогло.",),
    "ja": ("先日の担当者はこう書きました:\n\n再起動してください、と。直りません。",),
    "zh": ("您的同事写道：\n\n请重启。但是没有用。",),
}
