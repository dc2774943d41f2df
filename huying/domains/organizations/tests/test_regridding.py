"""Grid workers' posts follow their grid when it is redrawn; no part of a divided grid is left without one."""

from datetime import date

from huying.domains.organizations.models import Post, PostRole, Term
from huying.domains.organizations.services.regridding import follow_redrawn
from huying.domains.territory.services import Heirs
from huying.kernel import audit
from huying.kernel.actors import Actor, Role

OLD, EAST, WEST = "331102001001001", "331102001001007", "331102001001008"
TODAY = date(2026, 11, 20)
OFFICE = Actor.system("grid office")


def test_the_first_part_keeps_the_worker_and_the_others_have_vacant_posts_to_be_filled(county):
    Post.objects.filter(pk=county.worker.pk).update(name="网格员（永晖第一网格）")
    follow_redrawn({OLD: Heirs("永晖第一网格", ((EAST, "永晖东网格"), (WEST, "永晖西网格")))}, OFFICE, TODAY)
    county.worker.refresh_from_db()
    assert (county.worker.grid, county.worker.name) == (EAST, "网格员（永晖东网格）")
    vacant = Post.objects.get(grid=WEST)
    assert (vacant.name, vacant.unit_id, vacant.valid_from) == ("网格员（永晖西网格）", county.street.pk, TODAY)
    assert list(PostRole.objects.filter(post=vacant).values_list("role", flat=True)) == [Role.GRID_WORKER]
    assert not Term.objects.filter(post=vacant).exists()
    assert audit.history("post", vacant.pk)[0].action == "post_made"


def test_a_grid_that_goes_on_as_one_makes_no_post(county):
    before = Post.objects.count()
    follow_redrawn({OLD: Heirs("永晖第一网格", ((EAST, "永晖第一网格"),))}, OFFICE, TODAY)
    assert Post.objects.count() == before


def test_an_ended_post_is_not_copied(county):
    Post.objects.filter(pk=county.worker.pk).update(valid_to=date(2026, 1, 1))
    follow_redrawn({OLD: Heirs("永晖第一网格", ((EAST, "东"), (WEST, "西")))}, OFFICE, TODAY)
    assert not Post.objects.filter(grid=WEST).exists()
