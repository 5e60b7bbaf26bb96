"""``python -m services.intake``."""

from services.intake.app import build
from services.intake.settings import IntakeSettings
from shared.messaging.run import run_service

if __name__ == "__main__":
    run_service("intake", IntakeSettings(), build)
