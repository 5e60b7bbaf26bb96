"""Routes of the workspace."""

from fastapi import APIRouter

router = APIRouter()
