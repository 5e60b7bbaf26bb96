"""Compose and Kubernetes files are valid and speak of what exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.replicas import MODULES

DEPLOY = Path(__file__).parents[3] / "deploy"
SETTINGS = {"KAFKA_BOOTSTRAP_SERVERS", "BLOB_URL", "PUBLIC_URL", "SECRET_FILE", "MAIL_DOMAIN", "HEALTH_PORT"}


def documents(path: Path) -> list[dict[str, Any]]:
    return [dict(document) for document in yaml.safe_load_all(path.read_text())]


def test_compose_runs_all_five_services_with_their_own_database_role() -> None:
    """Each is told what every service needs, and signs in as itself."""
    services = documents(DEPLOY / "compose.yaml")[0]["services"]
    for name, module in MODULES.items():
        service = services[name]
        assert service["build"]["args"]["SERVICE"] == module.removeprefix("services.")
        assert set(service["environment"]) >= SETTINGS
        assert service["environment"]["DATABASE_URL"].startswith(f"postgresql://{name}:")


@pytest.mark.parametrize("path", sorted((DEPLOY / "k8s").glob("*.yaml")), ids=lambda path: path.name)
def test_every_manifest_is_an_object_with_kind_and_version(path: Path) -> None:
    """What kubectl asks of each document."""
    for document in documents(path):
        assert {"apiVersion", "kind"} <= set(document)


def test_kustomization_lists_every_manifest_and_the_services_are_all_there() -> None:
    """No file lies beside without being applied."""
    folder = DEPLOY / "k8s"
    listed = set(documents(folder / "kustomization.yaml")[0]["resources"])
    assert listed == {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    deployed = {
        each["metadata"]["name"] for each in documents(folder / "services.yaml") if each["kind"] == "Deployment"
    }
    assert deployed == set(MODULES)
    assert set(documents(folder / "settings.yaml")[0]["data"]) >= SETTINGS


def test_the_image_copies_only_what_the_clone_has() -> None:
    """A folder renamed in the clone is renamed in the Dockerfile."""
    root = DEPLOY.parent
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    for source in copied:
        assert source == "web" or (root / source).exists(), source
