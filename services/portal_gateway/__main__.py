"""``python -m services.portal_gateway``."""

from services.portal_gateway.app import build
from services.portal_gateway.settings import GatewaySettings
from shared.messaging.run import run_service

if __name__ == "__main__":
    run_service("gateway", GatewaySettings(), build)
