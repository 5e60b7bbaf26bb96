"""What notifier does with facts, with commands, and with what a mail server answered."""
