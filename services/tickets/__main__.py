"""``python -m services.tickets``."""

from services.tickets.app import build
from services.tickets.settings import TicketsSettings
from shared.messaging.run import run_service

if __name__ == "__main__":
    run_service("tickets", TicketsSettings(), build)
