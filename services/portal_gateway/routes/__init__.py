"""HTTP in: the API, the workspace, the portal, the live stream, health."""
