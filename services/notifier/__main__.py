"""``python -m services.notifier``."""

from services.notifier.app import build
from services.notifier.settings import NotifierSettings
from shared.messaging.run import run_service

if __name__ == "__main__":
    run_service("notifier", NotifierSettings(), build)
