"""Problems as the workspace shows them; what may be away is not asked for again."""

from starlette.requests import Request
from starlette.responses import Response

from services.portal_gateway.domain.view_models.errors import error_page as words_for
from services.portal_gateway.domain.view_models.notices import Toast
from services.portal_gateway.routes.access import current_staff
from services.portal_gateway.routes.problems import Problem, correlation_of
from services.portal_gateway.routes.workspace.pages import HOME, desk_name, is_part, rendering_of, view_of


async def error_page(request: Request, problem: Problem) -> Response:
    """The page for a problem, or a notice where a script asked."""
    here = request.url.path if request.method == "GET" else ""
    fault = correlation_of(request) if problem.status >= 500 or problem.status in {403, 404} else ""
    told = words_for(problem.status, HOME, fault, here_url=here)
    if is_part(request):
        notice = Toast(f"{told.title}. {problem.detail or told.text}", "danger")
        page = rendering_of(request.app.state).page("workspace/said.html", problem.status, toast=notice, csrf="")
        # Nothing that was asked for can be put in its place.
        page.headers["HX-Reswap"] = "none"
        return page
    if problem.status < 500:
        staff = await current_staff(request)
        if staff is not None:
            return await (await view_of(request, staff)).page("error.html", "", problem.status, error=told)
    return rendering_of(request.app.state).page(
        "error.html", problem.status, error=told, desk=desk_name(request), theme=request.cookies.get("ds_theme", "")
    )
