"""Who hears what, and how a mail is written: pure; no clock, no I/O."""
