"""Routes of the portal."""

from fastapi import APIRouter

router = APIRouter()
