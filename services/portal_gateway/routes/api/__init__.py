"""Routes of the api."""

from fastapi import APIRouter

router = APIRouter()
