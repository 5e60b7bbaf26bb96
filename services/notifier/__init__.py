"""notifier owns deliveries: it mails those involved, once each, and shows every try."""
