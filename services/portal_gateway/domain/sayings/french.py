"""French, polite ("vous") and without the reader's gender."""

from collections.abc import Mapping

FRENCH: Mapping[str, str] = {
    # The frame, the start page, what happens next
    "Skip to the content": "Aller au contenu",
    "Help site": "Site d’aide",
    "Ask for help": "Demander de l’aide",
    "How can we help?": "Comment pouvons-nous aider ?",
    "Choose what it is about. A person reads what you write and answers by e-mail.": (
        "Choisissez le sujet. Une personne lit ce que vous écrivez et répond par e-mail."
    ),
    "What it is about": "Sujets",
    "There is no form yet. Please write us an e-mail.": (
        "Il n’y a pas encore de formulaire. Écrivez-nous un e-mail, s’il vous plaît."
    ),
    "More about it": "En savoir plus",
    "What happens next": "Et ensuite ?",
    "You see the number of your request at once.": "Vous voyez tout de suite le numéro de votre demande.",
    "A person reads what you wrote and answers.": "Une personne lit ce que vous avez écrit et répond.",
    "You can answer by e-mail or on this site. No account needed.": (
        "Vous pouvez répondre par e-mail ou sur ce site. Aucun compte n’est nécessaire."
    ),
    # Forms
    "Please check": "À vérifier",
    "(optional)": "(facultatif)",
    "Choose one": "Choisissez",
    "None": "Aucune réponse",
    "What is it about?": "De quoi s’agit-il ?",
    "What happened?": "Que s’est-il passé ?",
    "Your name": "Votre nom",
    "Your e-mail": "Votre e-mail",
    "Photos or files": "Photos ou fichiers",
    "Please choose your files again.": "Choisissez de nouveau vos fichiers, s’il vous plaît.",
    "These files are too large together. Choose fewer or smaller ones.": (
        "Ensemble, ces fichiers sont trop lourds. Choisissez-en moins, ou de plus petits."
    ),
    "Leave this field empty": "Laissez ce champ vide",
    "Send request": "Envoyer la demande",
    "Send as a new request": "Envoyer comme nouvelle demande",
    # What is wrong with an answer
    "One thing is missing": "Il manque une réponse",
    "{count} things are missing": "Il manque {count} réponses",
    "Please check one thing": "Une réponse est à vérifier",
    "Please check {count} things": "{count} réponses sont à vérifier",
    "Say in a few words what it is about.": "Dites en quelques mots de quoi il s’agit.",
    "Tell us what happened.": "Racontez-nous ce qui s’est passé.",
    "Write your name.": "Écrivez votre nom.",
    "Write your e-mail address, so that we can answer you.": (
        "Écrivez votre adresse e-mail, pour que nous puissions répondre."
    ),
    "This e-mail address does not look complete. Please check it.": (
        "Cette adresse e-mail ne semble pas complète. Vérifiez-la, s’il vous plaît."
    ),
    "This is our own address. Please write yours.": "C’est notre propre adresse. Écrivez la vôtre, s’il vous plaît.",
    "Write an answer to “{label}”.": "Répondez à « {label} ».",
    "Choose an answer to “{label}”.": "Choisissez une réponse à « {label} ».",
    "Tick “{label}” to go on.": "Cochez « {label} » pour continuer.",
    "Give a date for “{label}”, such as 2026-11-23.": "Indiquez une date pour « {label} », comme 2026-11-23.",
    "Give a number for “{label}”, such as 12 or 2.5.": "Indiquez un nombre pour « {label} », comme 12 ou 2.5.",
    "“{label}” is too long. Please shorten it.": "« {label} » est trop long. Raccourcissez, s’il vous plaît.",
    "Write something before you send it.": "Écrivez quelque chose avant d’envoyer.",
    "This is too long. Shorten it, or send it as a file.": (
        "C’est trop long. Raccourcissez le texte ou envoyez-le en fichier."
    ),
    # Why a post was not taken
    "We could not take it just now": "Nous n’avons pas pu le recevoir à l’instant",
    "Nothing you typed is lost. Please send it again in a moment.": (
        "Rien de ce que vous avez écrit n’est perdu. Renvoyez-le dans un instant, s’il vous plaît."
    ),
    "A little too fast": "Un peu trop vite",
    "Please wait {seconds} seconds, then send it again. Nothing you typed is lost.": (
        "Attendez {seconds} secondes, puis renvoyez, s’il vous plaît. Rien de ce que vous avez écrit n’est perdu."
    ),
    "This form was sent before": "Ce formulaire a déjà été envoyé",
    "What you sent first has reached us. If this is something else, send it as well.": (
        "Votre premier envoi nous est parvenu. Si ceci est autre chose, envoyez-le aussi."
    ),
    "This page was open for too long": "Cette page est restée ouverte trop longtemps",
    "Please send it again. Nothing you typed is lost.": (
        "Renvoyez-le, s’il vous plaît. Rien de ce que vous avez écrit n’est perdu."
    ),
    "These files are too large": "Ces fichiers sont trop lourds",
    "Together they may have {size}. Nothing was sent yet.": (
        "Ensemble, ils peuvent faire {size}. Rien n’a encore été envoyé."
    ),
    "Too many files": "Trop de fichiers",
    "At most {count} go at once. Nothing was sent yet.": (
        "Au plus {count} partent à la fois. Rien n’a encore été envoyé."
    ),
    "That did not arrive whole": "L’envoi n’est pas arrivé entier",
    "A hidden field was filled in": "Un champ caché a été rempli",
    "People do not see it, so perhaps a program did it. Please send it again.": (
        "On ne le voit pas : c’était peut-être un programme. Renvoyez, s’il vous plaît."
    ),
    # The confirmation
    "Request #{number}": "Demande #{number}",
    "We have your request.": "Nous avons votre demande.",
    "We write to {address}.": "Nous écrivons à {address}.",
    "Request number": "Numéro de demande",
    "What you sent": "Votre envoi",
    "Keep the number. Our e-mails to you have a link to your request.": (
        "Gardez le numéro. Nos e-mails contiennent un lien vers votre demande."
    ),
    "You can answer by e-mail or on the request’s page. No account needed.": (
        "Vous pouvez répondre par e-mail ou sur la page de la demande. Aucun compte n’est nécessaire."
    ),
    "Ask for something else": "Faire une autre demande",
    "Your request is being registered": "Votre demande est en cours d’enregistrement",
    "We have what you sent": "Nous avons votre envoi",
    "It is being registered. This page shows the number as soon as it is there. You need not send it again.": (
        "Il est en cours d’enregistrement. Le numéro s’affichera ici dès qu’il existe. Inutile de renvoyer."
    ),
    "Look now": "Regarder maintenant",
    # A request's page
    "Received": "Reçue",
    "We are on it": "En cours",
    "Your turn": "À vous",
    "Solved": "Résolue",
    "How far it is: {word}": "Où elle en est : {word}",
    "{name} needs an answer from you.": "{name} a besoin d’une réponse de votre part.",
    "Our team": "Notre équipe",
    "Thank you.": "Merci.",
    "We have your answer.": "Nous avons votre réponse.",
    "We have your answer. It appears here in a moment.": (
        "Nous avons votre réponse. Elle s’affiche ici dans un instant."
    ),
    "Conversation": "Conversation",
    "New message below": "Nouveau message plus bas",
    "No messages yet.": "Pas encore de message.",
    "You": "Vous",
    "Show quoted text (1 line)": "Afficher le texte cité (1 ligne)",
    "Show quoted text ({count} lines)": "Afficher le texte cité ({count} lignes)",
    "Show the whole message": "Afficher le message entier",
    "Files": "Fichiers",
    "Your answer": "Votre réponse",
    "Write your answer": "Écrivez votre réponse",
    "Write your answer to {name}": "Écrivez votre réponse à {name}",
    "Write again if it comes back": "Écrivez de nouveau si cela revient",
    "Send answer": "Envoyer la réponse",
    "Send as a new answer": "Envoyer comme nouvelle réponse",
    "About this request": "À propos de cette demande",
    "Who looks after it": "Qui s’en occupe",
    "Yes": "Oui",
    # What could not be shown
    "There is nothing here": "Il n’y a rien ici",
    "It may have moved, or the address is not complete.": (
        "La page a peut-être été déplacée, ou l’adresse n’est pas complète."
    ),
    "This link does not open a request": "Ce lien n’ouvre aucune demande",
    "It may be incomplete, or have ended. The newest e-mail from us has a link that works.": (
        "Il est peut-être incomplet, ou terminé. Notre e-mail le plus récent contient un lien qui fonctionne."
    ),
    "That did not work": "Cela n’a pas marché",
    "The page was not asked for as it should be.": "La page n’a pas été demandée comme il faut.",
    "Something went wrong here": "Quelque chose a échoué de notre côté",
    "It is not your fault. What was saved before is safe.": (
        "Ce n’est pas votre faute. Ce qui était enregistré est en sécurité."
    ),
    "We cannot do this right now": "Ce n’est pas possible pour l’instant",
    "A part of the site is away and comes back by itself. What was saved before is safe.": (
        "Une partie du site ne répond pas et revient d’elle-même. Ce qui était enregistré est en sécurité."
    ),
    "Go to the start": "Aller à l’accueil",
    "Try again": "Réessayer",
    "If you tell us about it, give this number: {id}": "Si vous nous en parlez, donnez ce numéro : {id}",
}
