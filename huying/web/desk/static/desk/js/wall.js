// The wall asks for its figures every minute; when the server is silent it says since when.
document.body.addEventListener("htmx:sendError", () => document.body.setAttribute("data-stale", ""));
document.body.addEventListener("htmx:afterOnLoad", () => document.body.removeAttribute("data-stale"));
