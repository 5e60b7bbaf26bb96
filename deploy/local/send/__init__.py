"""Real mails to the SMTP door, from files as they lie there, with evidence of what became of each."""
