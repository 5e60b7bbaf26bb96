"""tickets owns every work item, conversation, person and setting; it never speaks to the outside world."""
