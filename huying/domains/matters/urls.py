from django.urls import path

from huying.domains.matters.pages import bulk, following, imports, intake, lists, own, places, printing, show, touched
from huying.domains.matters.pages import field as field_pages
from huying.domains.matters.pages import portal as portal_pages

desk = [
    path("matters/", lists.listed, name="matters_list"),
    path("matters/at-places", places.at_registered, name="matters_at_places"),
    path("matters/touched", touched.since, name="matters_touched"),
    path("search", lists.find, name="desk_search"),
    path("matters/register", intake.register, name="matters_register"),
    path("matters/hints", intake.hints_view, name="matters_hints"),
    path("matters/divisions", intake.divisions, name="matters_divisions"),
    path("matters/items", intake.items, name="matters_items"),
    path("matters/locate", intake.locate, name="matters_locate"),
    path("matters/bulk/dispatch", bulk.dispatch, name="matters_bulk_dispatch"),
    path("matters/bulk/dispatch/preview", bulk.preview_dispatch, name="matters_bulk_dispatch_preview"),
    path("imports/", imports.imports, name="matters_imports"),
    path("imports/<slug:token>", imports.one, name="matters_import"),
    path("imports/<slug:token>/start", imports.start, name="matters_import_start"),
    path("imports/<slug:token>/step", imports.step, name="matters_import_step"),
    path("imports/<slug:token>/stop", imports.stop, name="matters_import_stop"),
    path("imports/<slug:token>/discard", imports.discard, name="matters_import_discard"),
    path("imports/<slug:token>/rejects.csv", imports.rejects, name="matters_import_rejects"),
    path("matters/<int:matter_id>", show.matter, name="matters_page"),
    path("matters/<int:matter_id>/add", intake.add_to, name="matters_add_to"),
    path("matters/<int:matter_id>/acts/<slug:action>", show.act, name="matters_act"),
    path("matters/<int:matter_id>/print/<slug:form>", printing.print_form, name="matters_print"),
    path("matters/<int:matter_id>/why", show.why, name="matters_why"),
    path("matters/<int:matter_id>/clock/<slug:slot>", show.clock_rule, name="matters_clock"),
]
portal = [
    path("submit", portal_pages.submit, name="matters_submit"),
    path("follow", following.follow, name="matters_follow"),
    path("follow/mine", following.mine, name="matters_mine"),
    path("follow/mine/held", own.held, name="matters_held"),
    path("follow/mine/held/correct", own.correct, name="matters_held_correct"),
    path("follow/mine/held/treat", own.treat, name="matters_held_treat"),
    path("follow/mine/held/erase", own.erase, name="matters_held_erase"),
    path("follow/mine/<slug:action>", following.act, name="matters_mine_act"),
    path("follow/leave", following.leave, name="matters_leave"),
]
field = [
    path("report", field_pages.report, name="matters_field_report"),
    path("tasks/<int:matter_id>", field_pages.task, name="matters_field_task"),
]
