"""Portuguese, as it is written in Portugal, polite and without the reader's gender."""

from collections.abc import Mapping

PORTUGUESE: Mapping[str, str] = {
    # The frame, the start page, what happens next
    "Skip to the content": "Saltar para o conteúdo",
    "Help site": "Site de ajuda",
    "Ask for help": "Pedir ajuda",
    "How can we help?": "Como podemos ajudar?",
    "Choose what it is about. A person reads what you write and answers by e-mail.": (
        "Escolha o assunto. Uma pessoa lê o que escrever e responde por e-mail."
    ),
    "What it is about": "Assuntos",
    "There is no form yet. Please write us an e-mail.": "Ainda não há formulários. Escreva-nos um e-mail, por favor.",
    "More about it": "Mais informações",
    "What happens next": "O que acontece a seguir",
    "You see the number of your request at once.": "Vê logo o número do seu pedido.",
    "A person reads what you wrote and answers.": "Uma pessoa lê o que escreveu e responde.",
    "You can answer by e-mail or on this site. No account needed.": (
        "Pode responder por e-mail ou neste site. Não precisa de conta."
    ),
    # Forms
    "Please check": "Verifique, por favor",
    "(optional)": "(opcional)",
    "Choose one": "Escolha uma opção",
    "None": "Nenhuma",
    "What is it about?": "Qual é o assunto?",
    "What happened?": "O que aconteceu?",
    "Your name": "O seu nome",
    "Your e-mail": "O seu e-mail",
    "Photos or files": "Fotografias ou ficheiros",
    "Please choose your files again.": "Escolha novamente os ficheiros, por favor.",
    "These files are too large together. Choose fewer or smaller ones.": (
        "Estes ficheiros são demasiado grandes no conjunto. Escolha menos ou mais pequenos."
    ),
    "Leave this field empty": "Deixe este campo vazio",
    "Send request": "Enviar pedido",
    "Send as a new request": "Enviar como novo pedido",
    # What is wrong with an answer
    "One thing is missing": "Falta uma resposta",
    "{count} things are missing": "Faltam {count} respostas",
    "Please check one thing": "Verifique uma resposta, por favor",
    "Please check {count} things": "Verifique {count} respostas, por favor",
    "Say in a few words what it is about.": "Diga em poucas palavras qual é o assunto.",
    "Tell us what happened.": "Conte-nos o que aconteceu.",
    "Write your name.": "Escreva o seu nome.",
    "Write your e-mail address, so that we can answer you.": (
        "Escreva o seu endereço de e-mail, para podermos responder."
    ),
    "This e-mail address does not look complete. Please check it.": (
        "Este endereço de e-mail não parece completo. Verifique-o, por favor."
    ),
    "This is our own address. Please write yours.": "Este endereço é o nosso. Escreva o seu, por favor.",
    "Write an answer to “{label}”.": "Responda a “{label}”.",
    "Choose an answer to “{label}”.": "Escolha uma resposta para “{label}”.",
    "Tick “{label}” to go on.": "Assinale “{label}” para continuar.",
    "Give a date for “{label}”, such as 2026-11-23.": "Indique uma data em “{label}”, como 2026-11-23.",
    "Give a number for “{label}”, such as 12 or 2.5.": "Indique um número em “{label}”, como 12 ou 2.5.",
    "“{label}” is too long. Please shorten it.": "“{label}” é demasiado longo. Encurte-o, por favor.",
    "Write something before you send it.": "Escreva alguma coisa antes de enviar.",
    "This is too long. Shorten it, or send it as a file.": (
        "É demasiado longo. Encurte o texto ou envie-o como ficheiro."
    ),
    # Why a post was not taken
    "We could not take it just now": "Não foi possível receber agora",
    "Nothing you typed is lost. Please send it again in a moment.": (
        "Nada do que escreveu se perdeu. Envie de novo dentro de momentos, por favor."
    ),
    "A little too fast": "Um pouco depressa demais",
    "Please wait {seconds} seconds, then send it again. Nothing you typed is lost.": (
        "Espere {seconds} segundos e envie de novo, por favor. Nada do que escreveu se perdeu."
    ),
    "This form was sent before": "Este formulário já foi enviado",
    "What you sent first has reached us. If this is something else, send it as well.": (
        "O que enviou primeiro chegou até nós. Se isto é outra coisa, envie também."
    ),
    "This page was open for too long": "Esta página esteve aberta demasiado tempo",
    "Please send it again. Nothing you typed is lost.": "Envie de novo, por favor. Nada do que escreveu se perdeu.",
    "These files are too large": "Estes ficheiros são demasiado grandes",
    "Together they may have {size}. Nothing was sent yet.": "No conjunto podem ter {size}. Ainda nada foi enviado.",
    "Too many files": "Demasiados ficheiros",
    "At most {count} go at once. Nothing was sent yet.": "No máximo vão {count} de cada vez. Ainda nada foi enviado.",
    "That did not arrive whole": "Não chegou completo",
    "A hidden field was filled in": "Um campo escondido foi preenchido",
    "People do not see it, so perhaps a program did it. Please send it again.": (
        "As pessoas não o veem, talvez tenha sido um programa. Envie de novo, por favor."
    ),
    # The confirmation
    "Request #{number}": "Pedido #{number}",
    "We have your request.": "Temos o seu pedido.",
    "We write to {address}.": "Escrevemos para {address}.",
    "Request number": "Número do pedido",
    "What you sent": "O que enviou",
    "Keep the number. Our e-mails to you have a link to your request.": (
        "Guarde o número. Os nossos e-mails têm uma ligação para o seu pedido."
    ),
    "You can answer by e-mail or on the request’s page. No account needed.": (
        "Pode responder por e-mail ou na página do pedido. Não precisa de conta."
    ),
    "Ask for something else": "Pedir outra coisa",
    "Your request is being registered": "O seu pedido está a ser registado",
    "We have what you sent": "Temos o que enviou",
    "It is being registered. This page shows the number as soon as it is there. You need not send it again.": (
        "Está a ser registado. Esta página mostra o número assim que existir. Não precisa de enviar de novo."
    ),
    "Look now": "Ver agora",
    # A request's page
    "Received": "Recebido",
    "We are on it": "Em tratamento",
    "Your turn": "É a sua vez",
    "Solved": "Resolvido",
    "How far it is: {word}": "Em que ponto está: {word}",
    "{name} needs an answer from you.": "{name} precisa de uma resposta sua.",
    "Our team": "A nossa equipa",
    "Thank you.": "Obrigado.",
    "We have your answer.": "Temos a sua resposta.",
    "We have your answer. It appears here in a moment.": "Temos a sua resposta. Aparece aqui dentro de momentos.",
    "Conversation": "Conversa",
    "New message below": "Nova mensagem mais abaixo",
    "No messages yet.": "Ainda não há mensagens.",
    "You": "Você",
    "Show quoted text (1 line)": "Mostrar texto citado (1 linha)",
    "Show quoted text ({count} lines)": "Mostrar texto citado ({count} linhas)",
    "Show the whole message": "Mostrar a mensagem completa",
    "Files": "Ficheiros",
    "Your answer": "A sua resposta",
    "Write your answer": "Escreva a sua resposta",
    "Write your answer to {name}": "Escreva a sua resposta para {name}",
    "Write again if it comes back": "Escreva de novo se voltar a acontecer",
    "Send answer": "Enviar resposta",
    "Send as a new answer": "Enviar como nova resposta",
    "About this request": "Sobre este pedido",
    "Who looks after it": "Quem trata dele",
    "Yes": "Sim",
    # What could not be shown
    "There is nothing here": "Não há nada aqui",
    "It may have moved, or the address is not complete.": "Pode ter mudado de lugar, ou o endereço não está completo.",
    "This link does not open a request": "Esta ligação não abre nenhum pedido",
    "It may be incomplete, or have ended. The newest e-mail from us has a link that works.": (
        "Pode estar incompleta ou ter terminado. O nosso e-mail mais recente tem uma ligação que funciona."
    ),
    "That did not work": "Não funcionou",
    "The page was not asked for as it should be.": "A página não foi pedida como devia ser.",
    "Something went wrong here": "Algo correu mal deste lado",
    "It is not your fault. What was saved before is safe.": "A culpa não é sua. O que já estava guardado está seguro.",
    "We cannot do this right now": "De momento não é possível",
    "A part of the site is away and comes back by itself. What was saved before is safe.": (
        "Uma parte do site está em baixo e volta sozinha. O que já estava guardado está seguro."
    ),
    "Go to the start": "Ir para o início",
    "Try again": "Tentar de novo",
    "If you tell us about it, give this number: {id}": "Se nos falar disto, indique este número: {id}",
}
