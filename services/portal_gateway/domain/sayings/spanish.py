"""Spanish, polite ("usted") and without the reader's gender."""

from collections.abc import Mapping

SPANISH: Mapping[str, str] = {
    # The frame, the start page, what happens next
    "Skip to the content": "Saltar al contenido",
    "Help site": "Sitio de ayuda",
    "Ask for help": "Pedir ayuda",
    "How can we help?": "¿En qué podemos ayudar?",
    "Choose what it is about. A person reads what you write and answers by e-mail.": (
        "Elija el asunto. Una persona lee lo que escriba y responde por correo."
    ),
    "What it is about": "Asuntos",
    "There is no form yet. Please write us an e-mail.": "Todavía no hay formularios. Escríbanos un correo, por favor.",
    "More about it": "Más información",
    "What happens next": "Qué pasa después",
    "You see the number of your request at once.": "Verá enseguida el número de su solicitud.",
    "A person reads what you wrote and answers.": "Una persona lee lo que ha escrito y responde.",
    "You can answer by e-mail or on this site. No account needed.": (
        "Puede responder por correo o en este sitio. No hace falta una cuenta."
    ),
    # Forms
    "Please check": "Revise, por favor",
    "(optional)": "(opcional)",
    "Choose one": "Elija una opción",
    "None": "Ninguna",
    "What is it about?": "¿De qué se trata?",
    "What happened?": "¿Qué ha pasado?",
    "Your name": "Su nombre",
    "Your e-mail": "Su correo electrónico",
    "Photos or files": "Fotos o archivos",
    "Please choose your files again.": "Elija sus archivos otra vez, por favor.",
    "These files are too large together. Choose fewer or smaller ones.": (
        "Estos archivos juntos son demasiado grandes. Elija menos o más pequeños."
    ),
    "Leave this field empty": "Deje este campo vacío",
    "Send request": "Enviar solicitud",
    "Send as a new request": "Enviar como solicitud nueva",
    # What is wrong with an answer
    "One thing is missing": "Falta una respuesta",
    "{count} things are missing": "Faltan {count} respuestas",
    "Please check one thing": "Revise una respuesta, por favor",
    "Please check {count} things": "Revise {count} respuestas, por favor",
    "Say in a few words what it is about.": "Diga en pocas palabras de qué se trata.",
    "Tell us what happened.": "Cuéntenos qué ha pasado.",
    "Write your name.": "Escriba su nombre.",
    "Write your e-mail address, so that we can answer you.": (
        "Escriba su dirección de correo, para que podamos responder."
    ),
    "This e-mail address does not look complete. Please check it.": (
        "Esta dirección de correo no parece completa. Revísela, por favor."
    ),
    "This is our own address. Please write yours.": "Esta dirección es la nuestra. Escriba la suya, por favor.",
    "Write an answer to “{label}”.": "Responda a “{label}”.",
    "Choose an answer to “{label}”.": "Elija una respuesta a “{label}”.",
    "Tick “{label}” to go on.": "Marque “{label}” para continuar.",
    "Give a date for “{label}”, such as 2026-11-23.": "Indique una fecha en “{label}”, como 2026-11-23.",
    "Give a number for “{label}”, such as 12 or 2.5.": "Indique un número en “{label}”, como 12 o 2.5.",
    "“{label}” is too long. Please shorten it.": "“{label}” es demasiado largo. Acórtelo, por favor.",
    "Write something before you send it.": "Escriba algo antes de enviarlo.",
    "This is too long. Shorten it, or send it as a file.": (
        "Es demasiado largo. Acorte el texto o envíelo como archivo."
    ),
    # Why a post was not taken
    "We could not take it just now": "Ahora mismo no hemos podido recibirlo",
    "Nothing you typed is lost. Please send it again in a moment.": (
        "No se ha perdido nada de lo que ha escrito. Envíelo otra vez en un momento, por favor."
    ),
    "A little too fast": "Un poco demasiado rápido",
    "Please wait {seconds} seconds, then send it again. Nothing you typed is lost.": (
        "Espere {seconds} segundos y envíelo otra vez, por favor. No se ha perdido nada de lo que ha escrito."
    ),
    "This form was sent before": "Este formulario ya se envió",
    "What you sent first has reached us. If this is something else, send it as well.": (
        "Lo que envió primero nos ha llegado. Si esto es otra cosa, envíelo también."
    ),
    "This page was open for too long": "Esta página ha estado abierta demasiado tiempo",
    "Please send it again. Nothing you typed is lost.": (
        "Envíelo otra vez, por favor. No se ha perdido nada de lo que ha escrito."
    ),
    "These files are too large": "Estos archivos son demasiado grandes",
    "Together they may have {size}. Nothing was sent yet.": (
        "Juntos pueden tener {size}. Todavía no se ha enviado nada."
    ),
    "Too many files": "Demasiados archivos",
    "At most {count} go at once. Nothing was sent yet.": (
        "Como máximo van {count} a la vez. Todavía no se ha enviado nada."
    ),
    "That did not arrive whole": "No ha llegado completo",
    "A hidden field was filled in": "Se rellenó un campo oculto",
    "People do not see it, so perhaps a program did it. Please send it again.": (
        "Las personas no lo ven, quizá lo hizo un programa. Envíelo otra vez, por favor."
    ),
    # The confirmation
    "Request #{number}": "Solicitud #{number}",
    "We have your request.": "Tenemos su solicitud.",
    "We write to {address}.": "Escribimos a {address}.",
    "Request number": "Número de solicitud",
    "What you sent": "Lo que ha enviado",
    "Keep the number. Our e-mails to you have a link to your request.": (
        "Guarde el número. Nuestros correos tienen un enlace a su solicitud."
    ),
    "You can answer by e-mail or on the request’s page. No account needed.": (
        "Puede responder por correo o en la página de la solicitud. No hace falta una cuenta."
    ),
    "Ask for something else": "Pedir otra cosa",
    "Your request is being registered": "Su solicitud se está registrando",
    "We have what you sent": "Tenemos lo que ha enviado",
    "It is being registered. This page shows the number as soon as it is there. You need not send it again.": (
        "Se está registrando. Esta página mostrará el número en cuanto lo tenga. No hace falta enviarlo otra vez."
    ),
    "Look now": "Mirar ahora",
    # A request's page
    "Received": "Recibida",
    "We are on it": "En ello estamos",
    "Your turn": "Su turno",
    "Solved": "Resuelta",
    "How far it is: {word}": "En qué punto está: {word}",
    "{name} needs an answer from you.": "{name} necesita una respuesta suya.",
    "Our team": "Nuestro equipo",
    "Thank you.": "Gracias.",
    "We have your answer.": "Tenemos su respuesta.",
    "We have your answer. It appears here in a moment.": "Tenemos su respuesta. Aparecerá aquí en un momento.",
    "Conversation": "Conversación",
    "New message below": "Mensaje nuevo más abajo",
    "No messages yet.": "Todavía no hay mensajes.",
    "You": "Usted",
    "Show quoted text (1 line)": "Mostrar el texto citado (1 línea)",
    "Show quoted text ({count} lines)": "Mostrar el texto citado ({count} líneas)",
    "Show the whole message": "Mostrar el mensaje completo",
    "Files": "Archivos",
    "Your answer": "Su respuesta",
    "Write your answer": "Escriba su respuesta",
    "Write your answer to {name}": "Escriba su respuesta a {name}",
    "Write again if it comes back": "Escriba otra vez si vuelve a pasar",
    "Send answer": "Enviar respuesta",
    "Send as a new answer": "Enviar como respuesta nueva",
    "About this request": "Sobre esta solicitud",
    "Who looks after it": "Quién se ocupa",
    "Yes": "Sí",
    # What could not be shown
    "There is nothing here": "Aquí no hay nada",
    "It may have moved, or the address is not complete.": (
        "Puede que haya cambiado de sitio, o que la dirección no esté completa."
    ),
    "This link does not open a request": "Este enlace no abre ninguna solicitud",
    "It may be incomplete, or have ended. The newest e-mail from us has a link that works.": (
        "Puede estar incompleto o haber terminado. Nuestro correo más reciente tiene un enlace que funciona."
    ),
    "That did not work": "No ha funcionado",
    "The page was not asked for as it should be.": "La página no se pidió como es debido.",
    "Something went wrong here": "Algo ha fallado por nuestra parte",
    "It is not your fault. What was saved before is safe.": (
        "La culpa no es suya. Lo que ya estaba guardado está a salvo."
    ),
    "We cannot do this right now": "Ahora mismo no es posible",
    "A part of the site is away and comes back by itself. What was saved before is safe.": (
        "Una parte del sitio no responde y volverá por sí sola. Lo que ya estaba guardado está a salvo."
    ),
    "Go to the start": "Ir al inicio",
    "Try again": "Intentarlo de nuevo",
    "If you tell us about it, give this number: {id}": "Si nos lo cuenta, indique este número: {id}",
}
