"""What a process tells about itself: log lines, numbers, health."""
