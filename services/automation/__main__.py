"""``python -m services.automation``."""

from services.automation.app import build
from services.automation.settings import AutomationSettings
from shared.messaging.run import run_service

if __name__ == "__main__":
    run_service("automation", AutomationSettings(), build)
