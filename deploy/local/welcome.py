"""The table that ends a start: where everything is, and what to do next."""

from rich.table import Table

from deploy.local.console import Steps
from deploy.local.desk import HOST, Desk


def urls_of(public_url: str, mail_catcher_url: str | None) -> dict[str, str | None]:
    """The pages of a desk, by what they are for."""
    return {
        "workspace": f"{public_url}/workspace",
        "portal": f"{public_url}/portal",
        "api": f"{public_url}/api/v1",
        "mail": mail_catcher_url,
    }


def show_table(desk: Desk, steps: Steps, seconds: float, first_password: str | None) -> None:
    """The user sees every address of the running desk, and the administrator's password at the first start."""
    urls = urls_of(desk.public_url, desk.mail_catcher_url)
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_row("Workspace", urls["workspace"])
    table.add_row("Portal", urls["portal"])
    table.add_row("Outgoing mail", urls["mail"] or f"goes to {desk.external.smtp}")
    table.add_row("API", urls["api"])
    table.add_row("API docs", f"{desk.public_url}/api/docs")
    table.add_row("Incoming mail", f"smtp://{HOST}:{desk.ports['smtp']}, to {desk.support_address}")
    table.add_row("Administrator", desk.admin_address)
    table.add_row("Password", first_password or "set; `./deskstream admin reset-password` makes a new one")
    table.add_row("Data and logs", f"{desk.home}, {desk.logs}")
    steps.say(f"\n[bold]Deskstream is running[/], started in {seconds:.0f} s\n")
    steps.console.print(table)
    if first_password is not None:
        steps.say("\n[bold]Keep the password[/]: it is shown this once and stored as a hash.")
    steps.say("\nTry: ./deskstream send FOLDER_OF_MAILS   Ctrl-C stops the desk\n")
