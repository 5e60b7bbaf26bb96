"""Reports about mails: which recipient failed, for good or for now, and which mail it is about."""
